import type { Config } from '../config/config.ts';
import type { CommandName } from './arguments.ts';

type Command = (config: Config, args: string[]) => Promise<void>;

/**
 * Every command, one a file of this folder. `usage.json` describes its subcommands and arguments. The module of a
 * command is imported after the settings are checked: a wrong setting is refused without loading the rest.
 */
export const commands: Record<CommandName, () => Promise<Command>> = {
  serve: async () => (await import('./serve.ts')).serve,
  worker: async () => (await import('./worker.ts')).worker,
  jobs: async () => (await import('./jobs.ts')).jobs,
  admin: async () => (await import('./admin.ts')).admin,
  audit: async () => (await import('./audit.ts')).audit,
  migrate: async () => (await import('./migrate.ts')).migrate,
  backup: async () => (await import('./backup.ts')).backup,
  restore: async () => (await import('./restore.ts')).restore,
  dump: async () => (await import('./dump.ts')).dump,
  load: async () => (await import('./load.ts')).load,
  upgrade: async () => (await import('./upgrade.ts')).upgrade,
  doctor: async () => (await import('./doctor.ts')).doctor,
  healthcheck: async () => (await import('./healthcheck.ts')).healthcheck,
  'check-mail': async () => (await import('./check-mail.ts')).checkMail,
};

export const isCommandName = (name: string): name is CommandName => Object.hasOwn(commands, name);
