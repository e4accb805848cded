import { createHmac, timingSafeEqual } from 'node:crypto';
import { cursorExpired, type ValidationIssue, validationError } from '../platform/errors.ts';
import { belongsToEpoch, type Epoch } from './epoch.ts';

/** A position in an ordered list: between the row of `key` and `id` and the next row (backward: the previous one). */
export interface KeysetPosition {
  backward: boolean;
  /** The sort key of the row as text; null where the row has none. */
  key: string | null;
  id: string;
}

/** Cursors of one list of one user: `scope` names both, and a cursor made for another scope is refused. */
export interface CursorScope {
  /** The first signs new cursors; signatures by any are accepted. */
  secrets: readonly [string, ...string[]];
  scope: readonly unknown[];
}

const macBytes = 16;

function mac(payload: string, secret: string, scope: readonly unknown[]): Buffer {
  return createHmac('sha256', `cursor:${secret}`)
    .update(JSON.stringify([payload, scope]))
    .digest()
    .subarray(0, macBytes);
}

/** Signs a JSON value for a scope: it cannot be changed, or decoded for another scope. */
export function encodeSigned(value: unknown, { secrets, scope }: CursorScope): string {
  const payload = JSON.stringify(value);
  return Buffer.concat([mac(payload, secrets[0], scope), Buffer.from(payload)]).toString('base64url');
}

/** @returns the value signed for this scope, or null for any other text. */
export function decodeSigned<T>(sealed: string, { secrets, scope }: CursorScope): T | null {
  const bytes = Buffer.from(sealed, 'base64url');
  const payload = bytes.subarray(macBytes).toString();
  const canonical = bytes.toString('base64url') === sealed && bytes.length > macBytes;
  const receivedMac = bytes.subarray(0, macBytes);
  const isOurs =
    canonical && secrets.some((secret) => timingSafeEqual(receivedMac, mac(payload, secret, scope)));
  return isOurs ? JSON.parse(payload) : null;
}

/** The cursors of a list's pages. */
export interface PageScope extends CursorScope {
  /** Cursors of another epoch are expired; null while it is not known. */
  epoch: Epoch | null;
}

/** The same for all lists of the service. */
export type CursorKeys = Omit<PageScope, 'scope'>;

export const encodeCursor = ({ backward, key, id }: KeysetPosition, scope: PageScope): string =>
  encodeSigned([backward ? 1 : 0, key, id, scope.epoch?.id], scope);

const invalidCursorIssue: ValidationIssue = {
  loc: ['query', 'cursor'],
  msg: 'is not a cursor of this list with these filters and this order',
  type: 'cursor',
};

/**
 * @throws AppError VALIDATION_ERROR for a cursor that was edited, or made for another user, list, filter or order;
 * CURSOR_EXPIRED for one of another epoch.
 */
export function decodeCursor(cursor: string, scope: PageScope): KeysetPosition {
  const found = decodeSigned<[backward: number, key: string | null, id: string, epoch?: string | null]>(
    cursor,
    scope,
  );
  if (found === null) throw validationError([invalidCursorIssue]);
  // Those of older versions name no epoch.
  const [backward, key, id, epoch = null] = found;
  if (scope.epoch !== null && !belongsToEpoch(epoch, scope.epoch)) throw cursorExpired();
  return { backward: backward === 1, key, id };
}
