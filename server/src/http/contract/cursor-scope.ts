import type { Context } from '../../context.ts';
import type { CursorKeys } from '../../db/cursors.ts';

export const cursorKeysOf = ({ config, accessControl }: Context): CursorKeys => ({
  secrets: config.auth.secrets,
  epoch: accessControl.epoch(),
});
