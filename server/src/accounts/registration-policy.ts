import { APIError, isAPIError } from 'better-auth/api';
import type { RegistrationMode } from '../config/auth.ts';
import type { Db } from '../db/schema.ts';
import { type AppError, invitationRequired, registrationClosed } from '../platform/errors.ts';
import { findLink, invitationPrefix } from './stored-links.ts';

/** The unvalidated body of a sign-up. */
type SignUp = Record<string, unknown> | undefined;

/** The part of Better Auth that deletes a verification row in the current transaction. */
interface VerificationStore {
  consumeVerificationValue(identifier: string): Promise<{ value: string } | null>;
}

/** Whether a sign-up is allowed, on every surface. Accounts created by admins are exempt. */
export interface RegistrationPolicy {
  /**
   * To be called before the email address is looked up. So a refusal does not reveal, by response or time, whether the
   * address has an account.
   * @throws APIError REGISTRATION_CLOSED, INVITATION_REQUIRED
   */
  check(signUp: SignUp): Promise<void>;
  /**
   * To be called in the transaction that inserts the account. Deletes the invitation: of concurrent sign-ups with it
   * one succeeds, and a rollback restores it.
   * @throws APIError REGISTRATION_CLOSED, INVITATION_REQUIRED
   */
  authorize(email: string, signUp: SignUp, verifications: VerificationStore | undefined): Promise<void>;
}

const invitationTokenOf = (signUp: SignUp) =>
  typeof signUp?.invitation === 'string' ? signUp.invitation : '';

export function createRegistrationPolicy(mode: RegistrationMode, db: Db): RegistrationPolicy {
  if (mode === 'open') return { check: async () => undefined, authorize: async () => undefined };
  if (mode === 'closed') {
    const refuse = async () => {
      throw toBetterAuthError(registrationClosed());
    };
    return { check: refuse, authorize: refuse };
  }
  return {
    async check(signUp) {
      const email = typeof signUp?.email === 'string' ? signUp.email.toLowerCase() : null;
      const invitation = await findLink(db, 'invitation', invitationTokenOf(signUp));
      if (invitation === null || invitation.owner !== email) throw toBetterAuthError(invitationRequired());
    },
    async authorize(email, signUp, verifications) {
      const used = await verifications?.consumeVerificationValue(
        invitationPrefix + invitationTokenOf(signUp),
      );
      if (used?.value !== email) throw toBetterAuthError(invitationRequired());
    },
  };
}

const toBetterAuthError = ({ code, message }: AppError) => new APIError('FORBIDDEN', { code, message });

/** The AppError for a refusal of the registration policy; null for any other error. */
export function registrationError(error: unknown): AppError | null {
  const code = isAPIError(error) ? error.body?.code : undefined;
  return [registrationClosed(), invitationRequired()].find((refusal) => refusal.code === code) ?? null;
}
