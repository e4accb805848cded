import type { FastifyRequest } from 'fastify';
import { recordAuthEvent } from '../../accounts/auth-events.ts';
import type { Context } from '../../context.ts';
import { AppError } from '../../platform/errors.ts';
import { auditOriginOf } from './authentication.ts';

/**
 * Runs a sign-in or registration, and appends its audit entry. A sign-in that cannot be recorded fails.
 */
export async function auditSignIn<Grant extends { user: { id: string } }>(
  ctx: Context,
  request: FastifyRequest,
  action: string,
  email: string,
  work: () => Promise<Grant>,
): Promise<Grant> {
  const origin = auditOriginOf(request);
  let grant: Grant;
  try {
    grant = await work();
  } catch (error) {
    if (error instanceof AppError && error.status < 500) {
      const passed = error.code === 'TOTP_REQUIRED';
      await recordAuthEvent(ctx, {
        origin,
        action: passed ? firstFactorAction : action,
        outcome: passed ? 'success' : error.status === 403 ? 'denied' : 'failure',
        email,
      });
    }
    throw error;
  }
  const userId = grant.user.id;
  await recordAuthEvent(ctx, {
    origin: { ...origin, actor: userId },
    action,
    outcome: 'success',
    userId,
    email,
  });
  return grant;
}

/** The password was right, but the second factor is missing. */
export const firstFactorAction = 'auth.first_factor';
