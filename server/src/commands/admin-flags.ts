import { listFlags } from '../admin/flags.ts';
import { flagNames, isFeatureOn } from '../config/flags.ts';
import { type AdminSubcommand, userIdArgument } from './admin-users.ts';
import { printRow } from './print.ts';

export const flagSubcommands = {
  async flags(context, [user]) {
    const { flags } = context.config;
    if (user !== undefined) {
      const userId = await userIdArgument(context, user);
      for (const name of flagNames) printRow([16], [name, isFeatureOn(flags, name, userId) ? 'on' : 'off']);
      return;
    }
    const widths = [16, 7, 7, 16, 20];
    printRow(widths, ['name', 'percent', 'default', 'needs', 'owner', 'expires']);
    for (const { name, percent, default_percent, needs, owner, expires } of listFlags(flags))
      printRow(widths, [name, percent, default_percent, needs, owner, expires]);
  },
} satisfies Record<string, AdminSubcommand>;
