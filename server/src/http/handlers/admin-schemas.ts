import { type TSchema, Type } from '../../platform/schema.ts';
import type { Result, Success } from '../contract/surface.ts';

export const adminGroup = 'Administration';

/** Headers of a response that holds a secret. */
export const noStore = { 'cache-control': 'no-store' };

/** A page of a list sorted by id. */
export const pageSuccess = (schema: string, message: string, description: string): Success => ({
  message,
  data: Type.Array(Type.Ref(schema)),
  description,
  more: { next_after: Type.Unsafe<string | null>({ type: ['string', 'null'] }) },
});

/** @param found one item more than `limit` if there is a next page */
export function pageResult<T extends { id: string }>(found: readonly T[], limit: number): Result {
  const data = found.slice(0, limit);
  return { data, more: { next_after: found.length > limit ? (data.at(-1)?.id ?? null) : null } };
}

export const userSuccess = (message: string, description: string): Success => ({
  message,
  data: Type.Ref('AdminUser'),
  description,
});

export const createdSuccess = (message: string, data: TSchema, description: string): Success => ({
  status: 201,
  message,
  data,
  description,
});
