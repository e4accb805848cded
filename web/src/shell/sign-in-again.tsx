import { useState } from 'react';
import { CodeForm, PasswordForm } from '../auth/sign-in.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { connection } from '../model/connection.ts';
import { useSession, useSessionContext } from '../session/session.tsx';
import type { User } from '../session/user.ts';
import { Dialog } from '../ui/dialog.tsx';

/** The data stays as it is: only the session is another one. */
export function SignInAgain({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const { user, offline } = useSession();
  const { enter } = useSessionContext();
  const [needsCode, setNeedsCode] = useState(false);
  const proceed = async (signedIn: User) => {
    if (signedIn.id !== user.id) return enter(signedIn);
    connection.setExpired(false);
    onClose();
    await offline.sync().catch(() => undefined);
  };
  return (
    <Dialog title={t('signIn.again')} onClose={onClose}>
      <p className="dialog-text">{t('signIn.againText')}</p>
      {needsCode ? (
        <CodeForm onUser={proceed} />
      ) : (
        <PasswordForm email={user.email} onUser={proceed} onCodeNeeded={() => setNeedsCode(true)} />
      )}
    </Dialog>
  );
}
