import type { Duly } from '@duly/client';
import { FormError } from '../auth/form-parts.tsx';
import { useLoad } from '../auth/use-load.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useSession } from '../session/session.tsx';
import { Section } from '../settings/section.tsx';

type Entry = Awaited<ReturnType<Duly['admin']['listServiceAudit']>>['data'][number];

/** What the service itself has noted: refused tokens, log-ins to no account, the lock. */
export function AuditLog() {
  const { t } = useI18n();
  const { duly } = useSession();
  const { value, error } = useLoad(() => duly.admin.listServiceAudit({ limit: 100 }), [duly]);
  return (
    <Section title={t('admin.audit')} text={t('admin.auditText')}>
      <FormError>{error}</FormError>
      <AuditRows entries={value?.data ?? []} />
    </Section>
  );
}

export function AuditRows({ entries }: { entries: readonly Entry[] }) {
  const { t, instant } = useI18n();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls sideways, with the keyboard too
    <section className="table-scroll" tabIndex={0} aria-label={t('admin.audit')}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('audit.at')}</th>
            <th scope="col">{t('audit.action')}</th>
            <th scope="col">{t('audit.outcome')}</th>
            <th scope="col">{t('audit.count')}</th>
            <th scope="col">{t('audit.address')}</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(({ seq, at, action, outcome, count, address }) => (
            <tr key={seq}>
              <td>{instant(at)}</td>
              <td>{action}</td>
              <td>{outcome}</td>
              <td>{count}</td>
              <td>{address ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
