import { callAuth, userOf } from './session-api.ts';
import type { User } from './user.ts';

/** Null: a code of the second factor is wanted next. */
export async function signIn(email: string, password: string): Promise<User | null> {
  const answer = await callAuth('/sign-in/email', { email, password });
  return answer?.twoFactorRedirect === true ? null : userOf(answer);
}

export const verifyCode = async (code: string): Promise<User> =>
  userOf(await callAuth('/two-factor/verify-totp', { code }));

export const verifyBackupCode = async (code: string): Promise<User> =>
  userOf(await callAuth('/two-factor/verify-backup-code', { code }));

export interface SignUp {
  firstName: string;
  lastName: string;
  email: string;
  password: string;
  invitation?: string;
}

export const signUp = async (fields: SignUp): Promise<User> =>
  userOf(
    await callAuth('/sign-up/email', {
      ...fields,
      name: `${fields.firstName} ${fields.lastName}`.trim() || fields.email,
    }),
  );

/** @param token of the link in the mail that confirms an address */
export const verifyEmail = (token: string): Promise<unknown> =>
  callAuth(`/verify-email?${new URLSearchParams({ token })}`);

/** A second factor that counts once a code of it was verified. */
export interface NewTotp {
  totpURI: string;
  backupCodes: readonly string[];
}

export const enableTotp = async (password: string): Promise<NewTotp> => {
  const { totpURI = '', backupCodes = [] } = (await callAuth('/two-factor/enable', { password })) ?? {};
  return { totpURI, backupCodes };
};

export const disableTotp = (password: string): Promise<unknown> =>
  callAuth('/two-factor/disable', { password });

export const hasTotp = async (): Promise<boolean> =>
  (await callAuth('/get-session'))?.user?.twoFactorEnabled === true;
