import type { Config } from '../config/config.ts';
import { requireUsableSchema } from '../db/schema-fit.ts';
import { createMailer } from '../mail/mailer.ts';
import { AppError, StartError } from '../platform/errors.ts';
import { createLog } from '../platform/log.ts';
import { databaseStartError, joinDatabase } from '../process/database.ts';
import { rejectOnStopSignal } from '../process/stop-signals.ts';
import type { AdminSubcommand } from './admin-users.ts';
import { type SubcommandName, selectSubcommand } from './arguments.ts';

/** Subcommands by the file that has them. Only that of the one wanted is imported. */
const ofUsers = async () => (await import('./admin-users.ts')).userSubcommands;
const ofData = async () => (await import('./admin-data.ts')).dataSubcommands;
const ofImport = async () => (await import('./admin-import.ts')).importSubcommands;
const ofFlags = async () => (await import('./admin-flags.ts')).flagSubcommands;
const ofService = async () => (await import('./admin-service.ts')).serviceSubcommands;

const subcommands: Record<SubcommandName<'admin'>, () => Promise<AdminSubcommand>> = {
  create: async () => (await ofUsers()).create,
  list: async () => (await ofUsers()).list,
  show: async () => (await ofUsers()).show,
  'reset-password': async () => (await ofUsers())['reset-password'],
  sessions: async () => (await ofUsers()).sessions,
  'end-sessions': async () => (await ofUsers())['end-sessions'],
  invite: async () => (await ofUsers()).invite,
  invitations: async () => (await ofUsers()).invitations,
  uninvite: async () => (await ofUsers()).uninvite,
  export: async () => (await ofData()).export,
  delete: async () => (await ofData()).delete,
  scrub: async () => (await ofData()).scrub,
  import: async () => (await ofImport()).import,
  'import-database': async () => (await ofImport())['import-database'],
  flags: async () => (await ofFlags()).flags,
  grant: async () => (await ofService()).grant,
  revoke: async () => (await ofService()).revoke,
  lock: async () => (await ofService()).lock,
  unlock: async () => (await ofService()).unlock,
  'new-epoch': async () => (await ofService())['new-epoch'],
  'verify-data': async () => (await ofService())['verify-data'],
  status: async () => (await ofService()).status,
};

/**
 * `admin SUBCOMMAND …`, as `usage.json` lists them. A server may run on the same database meanwhile.
 * @throws StartError for an unknown subcommand or argument, or when the database cannot be reached.
 */
export async function admin(config: Config, [word = 'status', ...args]: string[]): Promise<void> {
  const stopped = rejectOnStopSignal();
  const run = await selectSubcommand('admin', subcommands, word)();
  const log = createLog('silent');
  const database = await joinDatabase(config, log);
  const mailer = createMailer(config, log);
  try {
    const { db } = database;
    await requireUsableSchema(db, config.database.url === null ? 'DATA_DIR' : 'DATABASE_URL');
    await Promise.race([run({ config, db, database, mailer, word }, args), stopped]);
  } catch (error) {
    throw (
      databaseStartError(error) ??
      (error instanceof AppError ? new StartError(`admin ${word}: ${error.message}`) : error)
    );
  } finally {
    await mailer.close();
    await database.close();
  }
}
