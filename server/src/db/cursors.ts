import { createHmac, timingSafeEqual } from 'node:crypto';
import { cursorExpired, type ValidationIssue, validationError } from '../platform/errors.ts';
import { belongsToEpoch, type Epoch } from './epoch.ts';

/** A keyset position in an ordered list: after the row with `key` and `id`, or before it if `backward`. */
export interface KeysetPosition {
  backward: boolean;
  /** The sort key of the row as text; null if its column is null. */
  key: string | null;
  id: string;
}

/** Binds a cursor to one list of one user: `scope` names both. A cursor of another scope is refused. */
export interface CursorScope {
  /** The first one signs new cursors. Cursors signed with any of them are accepted. */
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

/** Encodes a JSON value with a MAC over it and the scope, in base64url. The value is signed, not encrypted. */
export function encodeSigned(value: unknown, { secrets, scope }: CursorScope): string {
  const payload = JSON.stringify(value);
  return Buffer.concat([mac(payload, secrets[0], scope), Buffer.from(payload)]).toString('base64url');
}

/** @returns the value, or null if the text was edited or signed for another scope */
export function decodeSigned<T>(signed: string, { secrets, scope }: CursorScope): T | null {
  const bytes = Buffer.from(signed, 'base64url');
  const payload = bytes.subarray(macBytes).toString();
  const canonical = bytes.toString('base64url') === signed && bytes.length > macBytes;
  const receivedMac = bytes.subarray(0, macBytes);
  const isAuthentic =
    canonical && secrets.some((secret) => timingSafeEqual(receivedMac, mac(payload, secret, scope)));
  return isAuthentic ? JSON.parse(payload) : null;
}

export interface PageScope extends CursorScope {
  /** Cursors of another epoch are expired. Null while the epoch is unknown: any epoch is then accepted. */
  epoch: Epoch | null;
}

/** What the cursors of all lists have in common. */
export type CursorKeys = Omit<PageScope, 'scope'>;

export const encodeCursor = ({ backward, key, id }: KeysetPosition, scope: PageScope): string =>
  encodeSigned([backward ? 1 : 0, key, id, scope.epoch?.id], scope);

const invalidCursorIssue: ValidationIssue = {
  loc: ['query', 'cursor'],
  msg: 'is not a cursor of this list with these filters and this order',
  type: 'cursor',
};

/**
 * @throws AppError VALIDATION_ERROR if the cursor was edited, or made for another user, list, filter or order
 * @throws AppError CURSOR_EXPIRED if the cursor is of another epoch
 */
export function decodeCursor(cursor: string, scope: PageScope): KeysetPosition {
  const decoded = decodeSigned<[backward: number, key: string | null, id: string, epoch?: string | null]>(
    cursor,
    scope,
  );
  if (decoded === null) throw validationError([invalidCursorIssue]);
  // Cursors of older versions have no epoch.
  const [backward, key, id, epoch = null] = decoded;
  if (scope.epoch !== null && !belongsToEpoch(epoch, scope.epoch)) throw cursorExpired();
  return { backward: backward === 1, key, id };
}
