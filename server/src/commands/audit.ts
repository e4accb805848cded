import { open } from 'node:fs/promises';
import type { ChainHead } from '../audit/chain.ts';
import { readRefused } from '../audit/refused-queries.ts';
import { type AuditBaseline, readHeads, verifyAudit } from '../audit/verify.ts';
import type { Config } from '../config/config.ts';
import { requireUsableSchema } from '../db/schema-fit.ts';
import { StartError } from '../platform/errors.ts';
import { createLog } from '../platform/log.ts';
import { databaseStartError, joinDatabase, type OpenDatabase } from '../process/database.ts';
import { rejectOnStopSignal } from '../process/stop-signals.ts';
import { type SubcommandName, selectSubcommand } from './arguments.ts';
import { printLine } from './print.ts';

/** `JSON.stringify` escapes line breaks, so that each chain is on one line. */
const chainNameOf = (userId: string) => (userId === '' ? 'the service' : JSON.stringify(userId));

type AuditSubcommand = (database: OpenDatabase, args: string[]) => Promise<void>;

const subcommands: Record<SubcommandName<'audit'>, AuditSubcommand> = { verify, heads, refused };

async function verify({ withoutTimeLimit }: OpenDatabase, args: string[]): Promise<void> {
  const baseline = parseBaseline(args);
  let findings = 0;
  const { chains, entries } = await withoutTimeLimit((db) =>
    verifyAudit(
      db,
      (userId, finding) => {
        findings += 1;
        printLine(`${chainNameOf(userId)}: ${finding}`);
      },
      baseline,
    ),
  );
  if (findings > 0) process.exitCode = 1;
  else printLine(`${entries} entries in ${chains} chains, each as it was written`);
}

/** Prints one line of JSON for each chain. A copy outside of the database proves later that a chain was rebuilt. */
async function heads({ withoutTimeLimit }: OpenDatabase): Promise<void> {
  await withoutTimeLimit(async (db) => {
    for await (const { userId, seq, hash } of readHeads(db))
      printLine(JSON.stringify({ user_id: userId, seq, hash }));
  });
}

/** Prints one line of JSON for each refused entry, oldest first. Refused entries are in no chain. */
async function refused({ withoutTimeLimit }: OpenDatabase): Promise<void> {
  await withoutTimeLimit(async (db) => {
    for await (const { refusedAt, sqlstate, entry } of readRefused(db))
      printLine(JSON.stringify({ refused_at: refusedAt, sqlstate, entry: JSON.parse(entry) }));
  });
}

function parseBaseline(args: string[]): AuditBaseline {
  const baseline: AuditBaseline = {};
  for (let index = 0; index < args.length; index += 2) {
    const [option, value] = args.slice(index, index + 2);
    if (option === '--heads' && value !== undefined) baseline.heads = readHeadsFile(value);
    else if (option === '--refused' && /^\d{1,9}$/.test(value ?? '')) baseline.refused = Number(value);
    else
      throw new StartError(
        `audit verify: got ${JSON.stringify(args.join(' '))}, wants --heads FILE, --refused NUMBER or nothing`,
      );
  }
  return baseline;
}

/** Reads a file with the output of `audit heads`. `npm run` adds lines that begin with `> `: they are skipped. */
async function* readHeadsFile(file: string): AsyncGenerator<ChainHead> {
  let number = 0;
  try {
    const handle = await open(file);
    for await (const line of handle.readLines()) {
      number += 1;
      if (line !== '' && !line.startsWith('> ')) yield parseHead(line);
    }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : `line ${number}`;
    throw new StartError(
      `audit verify: got ${JSON.stringify(file)} (${reason}), wants what audit heads printed`,
    );
  }
}

function parseHead(line: string): ChainHead {
  const { user_id: userId, seq, hash }: Record<string, unknown> = { ...JSON.parse(line) };
  if (typeof userId !== 'string' || typeof hash !== 'string' || !Number.isSafeInteger(seq))
    throw new SyntaxError();
  return { userId, seq: Number(seq), hash };
}

/**
 * `audit verify [--heads FILE] [--refused NUMBER]`, `audit heads` and `audit refused`. A server may run on the same
 * database meanwhile.
 * @throws StartError for an unknown subcommand, or when the database or FILE cannot be read.
 */
export async function audit(config: Config, [word = 'verify', ...args]: string[]): Promise<void> {
  const run = selectSubcommand('audit', subcommands, word);
  const stopped = rejectOnStopSignal();
  const database = await joinDatabase(config, createLog('silent'));
  try {
    await requireUsableSchema(database.db, config.database.url === null ? 'DATA_DIR' : 'DATABASE_URL');
    await Promise.race([run(database, args), stopped]);
  } catch (error) {
    throw databaseStartError(error) ?? error;
  } finally {
    await database.close();
  }
}
