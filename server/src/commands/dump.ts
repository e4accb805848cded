import { resolve } from 'node:path';
import { encodedEnding } from '../backup/encoding.ts';
import type { Config } from '../config/config.ts';
import { openSingleConnection } from '../db/single-connection.ts';
import { type DumpReport, writeDump } from '../dump/create.ts';
import { writeDumpFile, writeDumpStream } from '../dump/output.ts';
import { readSecret, timeStamp } from '../platform/data-dir.ts';
import { StartError } from '../platform/errors.ts';
import { createLog } from '../platform/log.ts';
import { databaseStartError, joinDatabase, listenConnection } from '../process/database.ts';
import { rejectOnStopSignal } from '../process/stop-signals.ts';

const newName = (recipients: readonly string[]) => `duly-${timeStamp()}.tar${encodedEnding(recipients)}`;

/** Reports go to stderr: the dump may go to stdout. */
const report = (line: string) => process.stderr.write(`${line}\n`);

/**
 * `dump [FILE|-]`: writes everything of the service to one file, or to stdout, while it may run.
 * @throws StartError if the file exists, or the database cannot be read
 */
export async function dump(config: Config, [target]: string[]): Promise<void> {
  const { recipients } = config.backup;
  if (target === '-' && process.stdout.isTTY)
    throw new StartError('dump: got -, which is a terminal: a file or a pipe is wanted');
  const path = target === '-' ? null : resolve(target ?? newName(recipients));
  const stopped = rejectOnStopSignal();
  const database = await joinDatabase(config, createLog('silent'));
  try {
    const connection = await openSingleConnection(listenConnection(config, database), 'duly dump');
    try {
      const secret = recipients.length > 0 ? readSecret(config.dataDir) : null;
      const written = writeAndReport(connection, secret, path, recipients);
      await Promise.race([written, stopped]);
    } finally {
      await connection.close();
    }
  } catch (error) {
    throw databaseStartError(error) ?? error;
  } finally {
    await database.close();
  }
}

async function writeAndReport(
  connection: Parameters<typeof writeDump>[0],
  secret: string | null,
  path: string | null,
  recipients: readonly string[],
): Promise<void> {
  const state: { report?: DumpReport } = {};
  async function* source() {
    state.report = yield* writeDump(connection, secret);
  }
  const sizeBytes =
    path === null
      ? await writeDumpStream(source(), process.stdout, recipients)
      : await writeDumpFile(source(), path, recipients);
  if (state.report === undefined) throw new Error('the dump ended too early');
  const { manifest, rows } = state.report;
  const size = sizeBytes === undefined ? '' : `, ${(sizeBytes / 2 ** 20).toFixed(1)} MB`;
  report(`${path ?? 'standard output'}: ${rows} rows of ${manifest.tables.length} tables${size}`);
  if (recipients.length === 0)
    report(
      'not encrypted, and without BETTER_AUTH_SECRET, or the secret generated in DATA_DIR: keep that apart',
    );
  else if (!manifest.holdsSecret) report('encrypted, and without BETTER_AUTH_SECRET: keep that apart');
}
