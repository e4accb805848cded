import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChainHead } from '../../src/audit/chain.ts';
import type { AuditEntry } from '../../src/audit/model.ts';
import { appendAudit } from '../../src/audit/queries.ts';
import { readHeads, verifyAudit } from '../../src/audit/verify.ts';
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { auditEntriesOf } from '../support/audit.ts';
import { runConcurrently } from '../support/client.ts';
import { createDatabase, type TestDatabase, tamper, urlOf } from '../support/database.ts';
import { silentLog } from '../support/log.ts';
import { startProcess } from '../support/process.ts';
import { statementsOf } from '../support/sql/count.ts';

let database: TestDatabase;
let db: Db;
/** As many writers at a time never wait for one, which the pool would end after two seconds. */
const connections = 15;
beforeAll(async () => {
  database = await createDatabase();
  db = createDb({ connection: database.connection, max: connections, log: silentLog });
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const entryOf = (userId: string, index = 0): AuditEntry => ({
  userId,
  origin: { actor: userId, requestId: `request-${index}`, address: '192.0.2.7' },
  action: 'task.update',
  subject: `task-${index}`,
  outcome: 'success',
});

/** Creates a chain of ten entries. */
async function newChain(): Promise<string> {
  const userId = randomUUID();
  await appendAudit(
    db,
    Array.from({ length: 10 }, (_, index) => entryOf(userId, index)),
  );
  return userId;
}

/** Executes statements that have `$` for the rows of the user. */
const tamperWith = (userId: string, ...statements: string[]) =>
  tamper(
    statements.map((statement) => statement.replaceAll('$', `user_id = '${userId}'`)),
    database.connection.database,
  );

async function* from(heads: ChainHead[]): AsyncGenerator<ChainHead> {
  yield* heads;
}

async function currentHeads(): Promise<ChainHead[]> {
  const heads = [];
  for await (const head of readHeads(db)) heads.push(head);
  return heads;
}

/** The findings about one user. Other chains of this file may be damaged by their tests. */
async function findingsOf(userId: string, anchors?: ChainHead[]): Promise<string[]> {
  const findings: string[] = [];
  const report = (about: string, finding: string) => about === userId && findings.push(finding);
  await verifyAudit(db, report, { heads: anchors && from(anchors) });
  return findings;
}

const move = (from: number, to: number) => `update duly.audit set seq = ${to} where $ and seq = ${from}`;
const swap = (a: number, b: number) => [move(a, -1), move(b, a), move(-1, b)];
const rebuild = (from: number) => `
  with recursive chain as (
    select a.seq, a.hash from duly.audit a where $ and seq = ${from - 1}
    union all
    select n.seq, sha256(chain.hash || sha256(convert_to(jsonb_build_array(n.user_id,
      (extract(epoch from n.at) * 1000)::bigint, n.action, n.outcome, n.count, encode(sha256(n.salt || convert_to(
        jsonb_build_array(n.actor, n.subject, n.request_id, n.address)::text, 'UTF8')), 'hex'))::text, 'UTF8')))
    from chain join duly.audit n on n.$ and n.seq = chain.seq + 1
  ), done as (update duly.audit set hash = chain.hash from chain where $ and audit.seq = chain.seq)
  update duly.audit_heads h set hash = chain.hash, seq = chain.seq from chain
  where h.$ and chain.seq = (select max(seq) from chain)`;

describe('the verifier', () => {
  test('finds nothing where nothing was touched, not even while entries are added', async () => {
    const userId = await newChain();
    const heads = await currentHeads();
    const adding = Promise.all(
      Array.from({ length: 50 }, (_, index) => appendAudit(db, [entryOf(userId, index)])),
    );
    expect(await findingsOf(userId, heads)).toEqual([]);
    await adding;
    expect(await findingsOf(userId, heads)).toEqual([]);
  });

  test.each([
    ['at', "'2026-01-02T03:04:05.006Z'"],
    ['actor', 'null'],
    ['action', "'task.delete'"],
    ['subject', "'task-5'"],
    ['outcome', "'failure'"],
    ['count', '2'],
    ['request_id', "'other'"],
    ['address', "'192.0.2.8'"],
    ['salt', "sha256('')"],
    ['salt', 'null'],
    ['details_digest', "sha256('')"],
    ['entry_digest', "sha256('')"],
    ['hash', "sha256('')"],
  ])('names the entry whose %s was changed: the first, one between, the last', async (column, value) => {
    for (const seq of [1, 5, 10]) {
      const userId = await newChain();
      await tamperWith(userId, `update duly.audit set ${column} = ${value} where $ and seq = ${seq}`);
      expect(await findingsOf(userId)).toEqual([`entry ${seq} was changed`]);
    }
  });

  test('names an entry that was given to another user, on both sides', async () => {
    const [owner, other] = [await newChain(), await newChain()];
    const columns = 'at, actor, action, subject, outcome, count, request_id, address, salt, hash';
    await tamperWith(
      owner,
      `insert into duly.audit (user_id, seq, ${columns})
        select '${other}', 11, ${columns} from duly.audit where $ and seq = 10`,
      'delete from duly.audit where $ and seq = 10',
    );
    expect(await findingsOf(owner)).toEqual(['entry 10 is missing at the end']);
    expect(await findingsOf(other)).toEqual([
      'entry 11 and what follows is beyond the head',
      'entry 11 was changed',
    ]);
  });

  test('names what was deleted', async () => {
    const first = await newChain();
    await tamperWith(first, 'delete from duly.audit where $ and seq = 1');
    expect(await findingsOf(first)).toEqual(['entry 1 is missing, and entry 2 cannot be checked']);
    const middle = await newChain();
    await tamperWith(middle, 'delete from duly.audit where $ and seq in (4, 7, 8)');
    expect(await findingsOf(middle)).toEqual([
      'entry 4 is missing, and entry 5 cannot be checked',
      'entries 7 to 8 are missing, and entry 9 cannot be checked',
    ]);
  });

  test('names a deleted entry also where those behind it were moved up', async () => {
    const userId = await newChain();
    await tamperWith(userId, 'delete from duly.audit where $ and seq = 8', move(9, 8), move(10, 9));
    expect(await findingsOf(userId)).toEqual(['entry 10 is missing at the end', 'entry 8 was changed']);
  });

  test.each([[[4, 5]], [[2, 9]], [[1, 2]], [[9, 10]], [[1, 10]]] as const)(
    'names both of two that changed places: %j',
    async ([a, b]) => {
      const userId = await newChain();
      await tamperWith(userId, ...swap(a, b));
      expect(await findingsOf(userId)).toEqual([
        `entry ${a} was moved, it was entry ${b}`,
        `entry ${b} was moved, it was entry ${a}`,
      ]);
    },
  );

  test('names what is missing at the end, up to the whole chain, and a head that is gone or another', async () => {
    const [cut, emptied, headless, other, added] = await Promise.all([1, 2, 3, 4, 5].map(newChain));
    await tamperWith(String(cut), 'delete from duly.audit where $ and seq > 7');
    expect(await findingsOf(String(cut))).toEqual(['entries 8 to 10 are missing at the end']);
    await tamperWith(String(emptied), 'delete from duly.audit where $');
    expect(await findingsOf(String(emptied))).toEqual(['entries 1 to 10 are missing at the end']);
    await tamperWith(String(headless), 'delete from duly.audit_heads where $');
    expect(await findingsOf(String(headless))).toEqual([
      'the head is missing, which was at entry 10 or later',
    ]);
    await tamperWith(String(other), "update duly.audit_heads set hash = sha256('') where $");
    expect(await findingsOf(String(other))).toEqual(['the head does not fit entry 10']);
    await tamperWith(String(added), 'update duly.audit_heads set seq = 8 where $');
    expect(await findingsOf(String(added))).toEqual(['entry 9 and what follows is beyond the head']);
  });

  test('needs kept heads for a chain that was rebuilt, or cut together with its head', async () => {
    const [rebuilt, cut, removed] = await Promise.all([1, 2, 3].map(newChain));
    const heads = await currentHeads();
    await tamperWith(String(rebuilt), "update duly.audit set action = 'x' where $ and seq = 6", rebuild(6));
    await tamperWith(String(cut), 'delete from duly.audit where $ and seq > 7', rebuild(6));
    await tamperWith(
      String(removed),
      'delete from duly.audit where $',
      'delete from duly.audit_heads where $',
    );
    for (const [userId, finding] of [
      [rebuilt, 'entry 10 is not the one of the kept heads: the chain was rewritten'],
      [cut, 'entry 10 of the kept heads is missing'],
      [removed, 'entry 10 of the kept heads is missing'],
    ] as const) {
      expect(await findingsOf(String(userId))).toEqual([]);
      expect(await findingsOf(String(userId), heads)).toEqual([finding]);
    }
  });
});

test('writers of one user, of the service and of several make unbroken chains at the same time without deadlocks', async () => {
  const users = Array.from({ length: 5 }, () => randomUUID());
  const [one = ''] = users;
  const everyone = ['', ...users];
  await runConcurrently(Array(50).keys(), connections, async (index) => {
    const order = index % 2 ? everyone : everyone.toReversed();
    await appendAudit(db, [entryOf(one, index)]);
    await appendAudit(db, [entryOf('', index)]);
    await db.transaction().execute((tx) =>
      appendAudit(
        tx,
        order.flatMap((id) => [entryOf(id, index), entryOf(id)]),
      ),
    );
  });
  const lengths = await Promise.all(
    everyone.map(async (id) => (await auditEntriesOf(db, id)).map(({ seq }) => seq)),
  );
  expect(lengths.map((seqs) => seqs.length)).toEqual([150, 150, 100, 100, 100, 100]);
  for (const seqs of lengths) expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  for (const id of everyone) expect(await findingsOf(id)).toEqual([]);
});

test('an entry of a user is added by one statement, several by two, however many there are', async () => {
  const users = [randomUUID(), randomUUID(), ''];
  const begun = users[0] ?? '';
  await appendAudit(db, [entryOf(begun)]);
  const entries = Array.from({ length: 100 }, (_, index) => entryOf(users[index % 3] ?? '', index));
  expect(await statementsOf(() => appendAudit(db, entries))).toHaveLength(6);
  expect(await statementsOf(() => appendAudit(db, []))).toEqual([]);
  const each = [...users, randomUUID()].map((id) => entryOf(id));
  expect(await statementsOf(() => appendAudit(db, each))).toHaveLength(4);
  for (const id of users) expect(await findingsOf(id)).toEqual([]);
  const subjects = (await auditEntriesOf(db, begun)).map(({ subject }) => subject);
  expect(subjects).toEqual([
    'task-0',
    ...Array.from({ length: 34 }, (_, index) => `task-${3 * index}`),
    'task-0',
  ]);
});

test('hashes that are computed here are those of the database, whatever an entry says', async () => {
  const userId = `"\\/ ${randomUUID()}`;
  // Every character below 256 except NUL, and some that JSON writers escape differently.
  const characters = Array.from({ length: 255 }, (_, index) => String.fromCodePoint(index + 1));
  const texts = [...characters, '\u2028\u2029', '\ufeff\ufffd', '😀 ä e\u0301', '', 'null', '\\u0041'];
  const entries = texts.map((subject, index) => ({ ...entryOf(userId), subject, count: index + 1 }));
  await appendAudit(db, [
    ...entries,
    { ...entryOf(userId), origin: { actor: null, requestId: null, address: null } },
  ]);
  expect((await auditEntriesOf(db, userId)).map(({ subject }) => subject).slice(0, texts.length)).toEqual(
    texts,
  );
  expect(await findingsOf(userId)).toEqual([]);
});

test('a chain that several begin at once has all of their entries', async () => {
  const userId = randomUUID();
  await Promise.all(Array.from({ length: 12 }, () => appendAudit(db, [entryOf(userId), entryOf(userId, 1)])));
  expect((await auditEntriesOf(db, userId)).map(({ seq }) => seq)).toEqual(
    Array.from({ length: 24 }, (_, at) => at + 1),
  );
  expect(await findingsOf(userId)).toEqual([]);
});

test('a transaction that is rolled back leaves the chain as it was', async () => {
  const userId = await newChain();
  const failing = inTransaction(db, async (tx) => {
    await appendAudit(tx, [entryOf(userId)]);
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  await appendAudit(db, [entryOf(userId)]);
  expect((await auditEntriesOf(db, userId)).at(-1)?.seq).toBe(11);
  expect(await findingsOf(userId)).toEqual([]);
});

test('the command: heads, verify, one line for each finding and exit code 1', async () => {
  const own = await createDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'duly-audit-'));
  const audit = async (...args: string[]) => {
    const { code, stdout, stderr } = await startProcess(['audit', ...args], {
      DATABASE_URL: urlOf(own.connection),
    }).ended;
    return { code, lines: (stdout + stderr).trim().split('\n') };
  };
  const handle = createDb({ connection: own.connection, max: 1, log: silentLog });
  try {
    const userId = 'x"\ny';
    await appendAudit(handle, [entryOf(userId), entryOf(userId), entryOf('')]);
    expect(await audit('verify')).toEqual({
      code: 0,
      lines: ['3 entries in 2 chains, each as it was written'],
    });
    const heads = await audit('heads');
    expect(heads.lines.map((line) => JSON.parse(line))).toEqual([
      { user_id: '', seq: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { user_id: userId, seq: 2, hash: expect.any(String) },
    ]);
    const file = join(directory, 'heads');
    await writeFile(
      file,
      `\n> duly@0.1.0 audit\n> node scripts/run.mjs audit heads\n\n${heads.lines.join('\n')}\n`,
    );
    expect((await audit('verify', '--heads', file)).code).toBe(0);

    await tamper(
      ["delete from duly.audit where user_id <> '' and seq = 2", 'update duly.audit set count = 3'],
      own.connection.database,
    );
    expect(await audit('verify', '--heads', file)).toEqual({
      code: 1,
      lines: [
        `${JSON.stringify(userId)}: entry 2 of the kept heads is missing`,
        'the service: entry 1 was changed',
        `${JSON.stringify(userId)}: entry 2 is missing at the end`,
        `${JSON.stringify(userId)}: entry 1 was changed`,
      ],
    });

    await writeFile(file, 'nonsense\n');
    const nowhere = join(directory, 'nowhere');
    for (const [args, line] of [
      [
        ['verify', '--heads', file],
        `audit verify: got ${JSON.stringify(file)} (line 1), wants what audit heads printed`,
      ],
      [
        ['verify', '--heads', nowhere],
        `audit verify: got ${JSON.stringify(nowhere)} (ENOENT), wants what audit heads printed`,
      ],
      [['verify', 'x'], 'audit verify: got "x", wants --heads FILE, --refused NUMBER or nothing'],
      [['x'], 'audit: got "x", wants verify, heads, refused'],
    ] as const) {
      expect(await audit(...args)).toEqual({ code: 1, lines: [line] });
    }
  } finally {
    await handle.destroy();
    await own.drop();
    await rm(directory, { recursive: true });
  }
});
