import { APIError, isAPIError } from 'better-auth/api';
import type { RegistrationMode as Mode } from '../config/auth.ts';
import type { Db } from '../db/schema.ts';
import { type AppError, invitationRequired, registrationClosed } from '../platform/errors.ts';
import { findLink, invitationPrefix } from './stored-links.ts';

/** What a sign-up sent; nothing of it is checked yet. */
type SignUp = Record<string, unknown> | undefined;

/** The part of Better Auth that uses up a stored value in the transaction under way. */
interface VerificationStore {
  consumeVerificationValue(identifier: string): Promise<{ value: string } | null>;
}

/** Who may make an account, by whichever door. Accounts that admins make do not come this way. */
export interface RegistrationPolicy {
  /**
   * Before a sign-up looks anything up: refused addresses cost and answer the same, whether or not they have an
   * account.
   * @throws APIError REGISTRATION_CLOSED, INVITATION_REQUIRED
   */
  check(signUp: SignUp): Promise<void>;
  /**
   * In the transaction that makes the account: uses the invitation up, so that of several who try at once one gets in,
   * and a sign-up that fails later gives it back.
   * @throws APIError REGISTRATION_CLOSED, INVITATION_REQUIRED
   */
  authorize(email: string, signUp: SignUp, verifications: VerificationStore | undefined): Promise<void>;
}

const invitationTokenOf = (signUp: SignUp) =>
  typeof signUp?.invitation === 'string' ? signUp.invitation : '';

export function createRegistrationPolicy(mode: Mode, db: Db): RegistrationPolicy {
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

/** The refusal of a gate as v1 answers it; null for any other error. */
export function registrationError(error: unknown): AppError | null {
  const code = isAPIError(error) ? error.body?.code : undefined;
  return [registrationClosed(), invitationRequired()].find((refusal) => refusal.code === code) ?? null;
}
