import { open } from 'node:fs/promises';
import type { Config } from '../config.ts';
import { joinDatabase, type OpenDatabase, refusalOf } from '../database.ts';
import { requireMigrated } from '../db/migrator.ts';
import { StartError } from '../errors.ts';
import { createLog } from '../log.ts';
import { stopRequest } from '../start.ts';
import { type Head, readHeads, verifyAudit } from './verify.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);

/** Who a chain is about, in a form that is one line whatever the id. */
const nameOf = (userId: string) => (userId === '' ? 'the service' : JSON.stringify(userId));

type Action = (database: OpenDatabase, args: string[]) => Promise<void>;

const actions: Record<string, Action> = { verify, heads };

async function verify({ withoutTimeLimit }: OpenDatabase, args: string[]): Promise<void> {
  const anchors = anchorsOf(args);
  let findings = 0;
  const { chains, entries } = await withoutTimeLimit((db) =>
    verifyAudit(
      db,
      (userId, finding) => {
        findings += 1;
        print(`${nameOf(userId)}: ${finding}`);
      },
      anchors,
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

function anchorsOf(args: string[]): AsyncIterable<Head> | undefined {
  const [option, file, ...more] = args;
  if (option === undefined) return undefined;
  if (option !== '--heads' || file === undefined || more.length > 0)
    throw new StartError(
      `audit verify: got ${JSON.stringify(args.join(' '))}, wants --heads FILE or nothing`,
    );
  return readAnchors(file);
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
 * `audit verify [--heads FILE]` and `audit heads`: works whether or not a server runs on the same database.
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
