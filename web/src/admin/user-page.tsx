import type { Duly } from '@duly/client';
import { useState } from 'react';
import { useErrorText } from '../auth/error-text.ts';
import { FormError } from '../auth/form-parts.tsx';
import { useLoad } from '../auth/use-load.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Link } from '../routing/router.tsx';
import { useSession } from '../session/session.tsx';
import { Section } from '../settings/section.tsx';
import { announce } from '../ui/announce.ts';
import { AuditRows } from './audit-log.tsx';
import { LinkToSend } from './link-to-send.tsx';

type Details = Awaited<ReturnType<Duly['admin']['getUser']>>;

export function UserPage({ id }: { id: string }) {
  const { t } = useI18n();
  const { duly } = useSession();
  const { value: user, error, reload } = useLoad(() => duly.admin.getUser(id), [duly, id]);
  const audit = useLoad(() => duly.admin.listUserAudit(id, { limit: 50 }), [duly, id]);
  return (
    <>
      <p>
        <Link href="/admin/users">{t('admin.users')}</Link>
      </p>
      <FormError>{error}</FormError>
      {user === null && error === '' && <span className="skeleton skeleton-row" />}
      {user !== null && (
        <Section title={user.email ?? user.id}>
          <Facts user={user} />
          <UserActions user={user} onChange={() => void reload()} />
        </Section>
      )}
      <Section title={t('admin.audit')}>
        <FormError>{audit.error}</FormError>
        <AuditRows entries={audit.value?.data ?? []} />
      </Section>
    </>
  );
}

function Facts({ user }: { user: Details }) {
  const { t, instant } = useI18n();
  const yesNo = (value: boolean) => (value ? t('yes') : t('no'));
  const facts = [
    [t('admin.created'), instant(user.created_at)],
    [t('admin.lastLogin'), user.last_login_at === null ? '–' : instant(user.last_login_at)],
    [t('admin.verified'), yesNo(user.email_verified)],
    [t('signIn.codeTitle'), yesNo(user.two_factor)],
    [t('list.label'), String(user.tasks)],
    [t('settings.sessions'), String(user.sessions)],
    [t('admin.isBanned'), user.banned_at === null ? t('no') : instant(user.banned_at)],
  ] as const;
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function UserActions({ user, onChange }: { user: Details; onChange: () => void }) {
  const { t } = useI18n();
  const { duly, user: me } = useSession();
  const errorText = useErrorText();
  const [url, setUrl] = useState<string | null>(null);
  const { admin } = duly;
  const isBanned = user.banned_at !== null;
  const isAdmin = user.role === 'admin';
  const act = (run: () => Promise<unknown>) =>
    run().then(
      () => {
        announce(t('toast.saved'));
        onChange();
      },
      (error: unknown) => announce(errorText(error), { tone: 'error' }),
    );
  const actions = [
    [t('admin.resetLink'), async () => setUrl((await admin.createPasswordLink(user.id)).url)],
    [t('admin.endSessions'), () => admin.endSessions(user.id)],
    [
      isBanned ? t('admin.unban') : t('admin.ban'),
      () => (isBanned ? admin.unbanUser(user.id) : admin.banUser(user.id, {})),
    ],
    [
      isAdmin ? t('admin.makeUser') : t('admin.makeAdmin'),
      () => admin.setRole(user.id, { role: isAdmin ? 'user' : 'admin' }),
    ],
  ] as const;
  return (
    <>
      <div className="button-row">
        {actions.map(([text, run], index) => (
          // An admin who bans or degrades themselves is locked out.
          <button
            key={text}
            type="button"
            className="button"
            disabled={index > 1 && user.id === me.id}
            onClick={() => void act(run)}
          >
            {text}
          </button>
        ))}
      </div>
      {url !== null && <LinkToSend url={url} />}
    </>
  );
}
