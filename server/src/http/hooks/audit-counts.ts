import type { FastifyRequest } from 'fastify';
import type { AuditCounts } from '../../audit/counts.ts';
import type { AuditOrigin } from '../../audit/origin.ts';

const userIdMaxLength = 255;

/** Counts a read of the user's own data. Writes append their audit entries themselves. */
export function countRead(counts: AuditCounts, action: string, origin: AuditOrigin): void {
  if (origin.actor !== null) counts.add({ userId: origin.actor, origin, action, outcome: 'success' });
}

/**
 * Counts a refused token in the service's chain, and a refused access in the caller's chain. The chain of the user in
 * the path would be wrong: a caller could write to any user's chain.
 */
export function countRefusal(
  counts: AuditCounts,
  request: FastifyRequest,
  origin: AuditOrigin,
  status: number,
): void {
  const { actor } = origin;
  if (actor === null) {
    if (status === 401) counts.add({ userId: '', origin, action: 'token.use', outcome: 'failure' });
  } else if (status === 403) {
    const subject = pathUserId(request.params);
    counts.add({ userId: actor, origin, action: auditActionOf(request), subject, outcome: 'denied' });
  }
}

/** Null for an invalid id: paths are not validated yet when an access is refused. */
export function pathUserId(params: unknown): string | null {
  if (typeof params !== 'object' || params === null || !('user_id' in params)) return null;
  const { user_id: id } = params;
  if (typeof id !== 'string' || id.length > userIdMaxLength || id.includes('\0')) return null;
  return id.isWellFormed() ? id : null;
}

const actions = new Map<string, string>();

/**
 * `noun.verb`, derived from the operation's id, so that a new route needs no registration: `bareListTasks` becomes
 * `task.list`, `adminListUsers` becomes `admin.user.list`.
 */
export function auditActionOf({ routeOptions }: FastifyRequest): string {
  const id = routeOptions.schema?.operationId ?? 'useRoute';
  let action = actions.get(id);
  if (action === undefined) {
    const [, surface, name = ''] = /^(bare|admin)?(.*)$/.exec(id) ?? [];
    const [verb = '', ...noun] = name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
    const parts = [...(surface === 'admin' ? [surface] : []), noun.join('_').replace(/s$/, ''), verb];
    action = parts.filter((part) => part !== '').join('.');
    actions.set(id, action);
  }
  return action;
}
