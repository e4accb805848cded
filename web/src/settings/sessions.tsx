import type { Duly } from '@duly/client';
import { useErrorText } from '../auth/error-text.ts';
import { FormError } from '../auth/form-parts.tsx';
import { useLoad } from '../auth/use-load.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useSession } from '../session/session.tsx';
import { announce } from '../ui/announce.ts';
import { Icon } from '../ui/icon.tsx';
import { Section } from './section.tsx';

type SessionRow = Awaited<ReturnType<Duly['sessions']['list']>>[number];

/** Where the account is signed in. */
export function Sessions() {
  const { t } = useI18n();
  const { duly } = useSession();
  const errorText = useErrorText();
  const { value: rows, error, reload } = useLoad(() => duly.sessions.list(), [duly]);
  const attempt = (run: () => Promise<unknown>) =>
    run().catch((error: unknown) => announce(errorText(error), { tone: 'error' }));
  return (
    <Section title={t('settings.sessions')} text={t('settings.sessionsText')}>
      <FormError>{error}</FormError>
      {rows === null && error === '' && <span className="skeleton skeleton-row" />}
      <ul>
        {rows?.map((row) => (
          <SessionItem
            key={row.id}
            row={row}
            onEnd={() => void attempt(() => duly.sessions.end(row.id).then(reload))}
          />
        ))}
      </ul>
      {rows !== null && rows.length > 1 && (
        <div className="dialog-actions">
          <button
            type="button"
            className="button"
            onClick={() => void attempt(() => duly.sessions.endOthers().then(reload))}
          >
            {t('settings.endOthers')}
          </button>
        </div>
      )}
    </Section>
  );
}

function SessionItem({ row, onEnd }: { row: SessionRow; onEnd: () => void }) {
  const { t, instant } = useI18n();
  return (
    <li className="plain-row">
      <Icon name="user" size={18} />
      <span className="plain-text">
        {deviceOf(row.user_agent) || t('settings.unknownDevice')}
        <span className="plain-note">
          {[row.ip_address, instant(row.created_at), row.current ? t('settings.thisSession') : '']
            .filter(Boolean)
            .join(' · ')}
        </span>
      </span>
      {!row.current && (
        <button type="button" className="button button-small" onClick={onEnd}>
          {t('settings.endSession')}
        </button>
      )}
    </li>
  );
}

/** Browser and system, as far as their names are in the text. */
function deviceOf(agent: string | null): string {
  const browser = /(Firefox|Edg|Chrome|Safari)\//.exec(agent ?? '')?.[1]?.replace('Edg', 'Edge');
  const system = /(Windows|Mac OS X|Android|iPhone|iPad|Linux)/
    .exec(agent ?? '')?.[1]
    ?.replace('Mac OS X', 'macOS');
  return [browser, system].filter(Boolean).join(', ') || (agent ?? '').slice(0, 60);
}
