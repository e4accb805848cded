import type { Duly } from '@duly/client';
import { useState } from 'react';
import { useErrorText } from '../auth/error-text.ts';
import { FormError } from '../auth/form-parts.tsx';
import { useLoad } from '../auth/use-load.ts';
import { textOf, useSubmit } from '../auth/use-submit.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useSession } from '../session/session.tsx';
import { Section } from '../settings/section.tsx';
import { announce } from '../ui/announce.ts';
import { Field } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { LinkToSend } from './link-to-send.tsx';

type Invitation = Awaited<ReturnType<Duly['admin']['listInvitations']>>['data'][number];

const limit = 100;

/** Who may register where only the invited may. */
export function Invitations() {
  const { t } = useI18n();
  const { duly } = useSession();
  const [url, setUrl] = useState<string | null>(null);
  const { value, error, reload } = useLoad(() => duly.admin.listInvitations({ limit }), [duly]);
  const invite = useSubmit(async (data) => {
    const made = await duly.admin.createInvitation({ email: textOf(data, 'email').trim() });
    setUrl(made.url);
    await reload();
  });
  return (
    <>
      <Section title={t('invitations.new')} text={t('invitations.newText')}>
        <form className="inline-form" onSubmit={invite.onSubmit}>
          <Field label={t('email')} name="email" type="email" required autoComplete="off" />
          <button type="submit" className="button" disabled={invite.isBusy}>
            {t('invitations.invite')}
          </button>
        </form>
        <FormError>{invite.error}</FormError>
        {url !== null && <LinkToSend url={url} />}
      </Section>
      <Section title={t('admin.invitations')}>
        <FormError>{error}</FormError>
        {value === null && error === '' && <span className="skeleton skeleton-row" />}
        {value?.data.length === 0 && <p className="field-hint">{t('invitations.none')}</p>}
        <ul>
          {value?.data.map((invitation) => (
            <InvitationRow key={invitation.id} invitation={invitation} onRevoked={() => void reload()} />
          ))}
        </ul>
      </Section>
    </>
  );
}

function InvitationRow({ invitation, onRevoked }: { invitation: Invitation; onRevoked: () => void }) {
  const { t, instant } = useI18n();
  const { duly } = useSession();
  const errorText = useErrorText();
  const { id, email, expires_at } = invitation;
  const revoke = () =>
    duly.admin.revokeInvitation(id).then(
      () => {
        announce(t('invitations.revoked', { email }));
        onRevoked();
      },
      (failure: unknown) => announce(errorText(failure), { tone: 'error' }),
    );
  return (
    <li className="plain-row">
      <Icon name="user" size={18} />
      <span className="plain-text">
        {email}
        <span className="plain-note">{t('invitations.until', { date: instant(expires_at) })}</span>
      </span>
      <button
        type="button"
        className="button button-small"
        aria-label={t('invitations.revokeNamed', { email })}
        onClick={() => void revoke()}
      >
        {t('invitations.revoke')}
      </button>
    </li>
  );
}
