import type { Context } from '../../context.ts';
import type { PageScope } from '../../db/cursors.ts';

/** @param scope tells a user's list, with its filters and order, from all others */
export const listCursorScope = (
  { config, accessControl: access }: Context,
  scope: readonly unknown[],
): PageScope => ({
  secrets: config.auth.secrets,
  scope,
  epoch: access.epoch(),
});
