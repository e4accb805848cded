import type { Context } from '../../context.ts';
import type { PageScope } from '../../db/cursors.ts';

/** @param scope user, list, filters and order: a cursor is valid for the same ones only */
export const listCursorScope = (
  { config, accessControl: access }: Context,
  scope: readonly unknown[],
): PageScope => ({
  secrets: config.auth.secrets,
  scope,
  epoch: access.epoch(),
});
