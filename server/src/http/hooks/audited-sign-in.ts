import type { FastifyRequest } from 'fastify';
import { recordAuthEvent } from '../../accounts/auth-events.ts';
import type { Context } from '../../context.ts';
import { AppError } from '../../platform/errors.ts';
import { auditOriginOf } from './authentication.ts';

/**
 * Does `work`, which lets somebody in who names an address, and writes its audit entry. An attempt that cannot be
 * recorded is not answered with success.
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

/** The password was right, and a second factor is still wanted. */
export const firstFactorAction = 'auth.first_factor';
