import { open } from 'node:fs/promises';
import { readRefused } from '../audit/refused-queries.ts';
import { type Head, type Known, readHeads, verifyAudit } from '../audit/verify.ts';
import type { Config } from '../config/config.ts';
import { requireMigrated } from '../db/migrator.ts';
import { StartError } from '../platform/errors.ts';
import { createLog } from '../platform/log.ts';
import { joinDatabase, type OpenDatabase, refusalOf } from '../process/database.ts';
import { stopRequest } from '../process/start.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);

/** Who a chain is about, in a form that is one line whatever the id. */
const nameOf = (userId: string) => (userId === '' ? 'the service' : JSON.stringify(userId));

type Action = (database: OpenDatabase, args: string[]) => Promise<void>;

const actions: Record<string, Action> = { verify, heads, refused };

async function verify({ withoutTimeLimit }: OpenDatabase, args: string[]): Promise<void> {
  const known = knownOf(args);
  let findings = 0;
  const { chains, entries } = await withoutTimeLimit((db) =>
    verifyAudit(
      db,
      (userId, finding) => {
        findings += 1;
        print(`${nameOf(userId)}: ${finding}`);
      },
      known,
    ),
  );
  if (findings > 0) process.exitCode = 1;
  else print(`${entries} entries in ${chains} chains, each as it was written`);
}

/** One line of JSON for each chain: kept outside of the database, they show a chain that was rebuilt. */
async function heads({ withoutTimeLimit }: OpenDatabase): Promise<void> {
  await withoutTimeLimit(async (db) => {
    for await (const { userId, seq, hash } of readHeads(db))
      print(JSON.stringify({ user_id: userId, seq, hash }));
  });
}

/** One line of JSON for each entry that is in no chain, oldest first. */
async function refused({ withoutTimeLimit }: OpenDatabase): Promise<void> {
  await withoutTimeLimit(async (db) => {
    for await (const { refusedAt, sqlstate, entry } of readRefused(db))
      print(JSON.stringify({ refused_at: refusedAt, sqlstate, entry: JSON.parse(entry) }));
  });
}

function knownOf(args: string[]): Known {
  const known: Known = {};
  for (let index = 0; index < args.length; index += 2) {
    const [option, value] = args.slice(index, index + 2);
    if (option === '--heads' && value !== undefined) known.heads = readAnchors(value);
    else if (option === '--refused' && /^\d{1,9}$/.test(value ?? '')) known.refused = Number(value);
    else
      throw new StartError(
        `audit verify: got ${JSON.stringify(args.join(' '))}, wants --heads FILE, --refused NUMBER or nothing`,
      );
  }
  return known;
}

/** The lines that `heads` printed; npm's own, which it adds to what it runs, are passed over. */
async function* readAnchors(file: string): AsyncGenerator<Head> {
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

function parseHead(line: string): Head {
  const { user_id: userId, seq, hash }: Record<string, unknown> = { ...JSON.parse(line) };
  if (typeof userId !== 'string' || typeof hash !== 'string' || !Number.isSafeInteger(seq))
    throw new SyntaxError();
  return { userId, seq: Number(seq), hash };
}

/**
 * `audit verify [--heads FILE] [--refused NUMBER]`, `audit heads` and `audit refused`: works whether or not a server
 * runs on the same database.
 * @throws StartError for another word, or when the database or the file cannot be read.
 */
export async function audit(config: Config, [word = 'verify', ...args]: string[]): Promise<void> {
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
  if (action === undefined) {
    throw new StartError(`audit: got ${JSON.stringify(word)}, wants ${Object.keys(actions).join(', ')}`);
  }
  const stopped = stopRequest();
  const database = await joinDatabase(config, createLog('silent'));
  try {
    await requireMigrated(database.db, config.database.url === null ? 'DATA_DIR' : 'DATABASE_URL');
    await Promise.race([action(database, args), stopped]);
  } catch (error) {
    throw refusalOf(error) ?? error;
  } finally {
    await database.close();
  }
}
