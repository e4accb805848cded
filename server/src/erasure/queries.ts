import { type RawBuilder, sql } from 'kysely';
import { deleteLinks } from '../accounts/stored-links.ts';
import { type CatalogTable, orderByReferences, readCatalog, userColumnOf } from '../db/catalog.ts';
import type { Db, Tx } from '../db/schema.ts';
import { queueSchema } from '../db/schema-location.ts';
import { type TableEntry, tables } from '../user-data.ts';
import type { ListedErasure } from './list.ts';

/** Small, so that the locks of one transaction are short. */
const batchSize = 1_000;

/**
 * Ends every way in, and marks the user: the log-in with its sessions goes, tokens of other issuers are refused, and so
 * is every write. Those that are under way are done, because the row of the owner is locked.
 */
export async function closeAccount(tx: Tx, userId: string): Promise<void> {
  const { rows } = await sql<{ email: string }>`
    select email from better_auth."user" where id = ${userId} for update`.execute(tx);
  for (const owner of [userId, ...rows.map(({ email }) => email)]) await deleteLinks(tx, owner);
  await sql`delete from better_auth."user" where id = ${userId}`.execute(tx);
  // 5 s: the clock of an issuer may be ahead by that.
  await sql`
    insert into duly.user_access as access (user_id, tokens_valid_from)
    values (${userId}, statement_timestamp() + interval '5 seconds')
    on conflict (user_id) do update
      set tokens_valid_from = greatest(access.tokens_valid_from, excluded.tokens_valid_from)`.execute(tx);
  await sql`
    insert into duly.owners as o (user_id, revision, erasure) values (${userId}, 1, 'running')
    on conflict (user_id) do update set revision = o.revision + 1, erasure = 'running'`.execute(tx);
}

/** If two erasures of a user run at once, the second waits for this lock, and then finds nobody. */
export async function lockOwner(tx: Tx, userId: string): Promise<void> {
  await sql`select from duly.owners where user_id = ${userId} for update`.execute(tx);
}

/** @returns null for a user without rows */
export async function findErasureState(db: Db, userId: string): Promise<'running' | 'done' | null> {
  const { rows } = await sql<{ erasure: 'running' | 'done' | null }>`
    select erasure from duly.owners where user_id = ${userId}`.execute(db);
  return rows[0]?.erasure ?? null;
}

/** Deletes what the plan says, in batches, each its own transaction: tables before those that they refer to. */
export async function deleteContent(db: Db, userId: string, stop?: AbortSignal): Promise<boolean> {
  // A batch may have a task without its subtasks. Citus takes no foreign key that would see to that.
  await sql`update duly.tasks set parent_id = null where user_id = ${userId} and parent_id is not null`.execute(
    db,
  );
  for (const table of orderByReferences(await readCatalog(db)).reverse()) {
    for (let isMore = true; isMore; ) {
      if (stop?.aborted) return false;
      const count = await eraseRows(db, userId, table, tables[table.name]);
      isMore = count === batchSize;
    }
  }
  await deleteJobs(db, userId);
  return true;
}

/** A restored database may have no queue yet. */
async function deleteJobs(db: Db, userId: string): Promise<void> {
  const { rows } = await sql`select from pg_namespace where nspname = ${queueSchema}`.execute(db);
  if (rows.length > 0)
    await sql`delete from ${sql.id(queueSchema, 'job')} where data ->> 'user_id' = ${userId}`.execute(db);
}

async function eraseRows(
  db: Db,
  userId: string,
  table: CatalogTable,
  entry: TableEntry | undefined,
): Promise<number> {
  const userColumn = userColumnOf(table);
  if (entry === undefined || 'notOfUsers' in entry || userColumn === null) return 0;
  const erasure = 'noun' in entry ? 'delete' : entry.erasure;
  const isOfUser = sql`${sql.ref(userColumn)} = ${userId}`;
  const name = sql.table(table.name);
  if (erasure === 'delete') return deleteBatch(db, table, userColumn, isOfUser);
  if (typeof erasure === 'object')
    await run(
      db,
      sql`update ${name} set ${sql.join(erasure.clear.map((column) => sql`${sql.ref(column)} = null`))}
        where ${isOfUser} and num_nonnulls(${sql.join(erasure.clear.map((column) => sql.ref(column)))}) > 0`,
    );
  return 0;
}

/**
 * The keys are read first, and compared as a constant: with a subselect, a plan of outdated statistics may compare
 * every row of the user with every key.
 */
async function deleteBatch(
  db: Db,
  { name, key, columns }: CatalogTable,
  userColumn: string,
  isOfUser: RawBuilder<unknown>,
): Promise<number> {
  const table = sql.table(name);
  const rest = key.filter((column) => column !== userColumn);
  const [first] = rest;
  if (first === undefined) return run(db, sql`delete from ${table} where ${isOfUser}`);
  const whole = sql.join(
    rest.map((column) => sql`${sql.ref(column)}::text`),
    sql` || ' ' || `,
  );
  const { rows } = await sql<{ first: string; whole: string }>`
    select ${sql.ref(first)}::text as first, ${whole} as whole from ${table} where ${isOfUser}
    limit ${sql.lit(batchSize)}`.execute(db);
  if (rows.length === 0) return 0;
  const type = sql.raw(columns.find((column) => column.name === first)?.type ?? 'text');
  await run(
    db,
    sql`delete from ${table} where ${isOfUser} and ${sql.ref(first)} = any(${rows.map((row) => row.first)}::${type}[])
      and ${rest.length === 1 ? sql`true` : sql`${whole} = any(${rows.map((row) => row.whole)}::text[])`}`,
  );
  return rows.length;
}

const run = async (db: Db, statement: RawBuilder<unknown>): Promise<number> =>
  Number((await statement.execute(db)).numAffectedRows ?? 0n);

/**
 * Ends an erasure. The revision goes on from where it was, and cursors and cached responses of before are void. Nothing
 * else of the owner is left.
 */
export async function markErased(tx: Tx, userId: string): Promise<void> {
  await sql`
    update duly.owners set erasure = 'done', revision = revision + 1, feed_from = revision + 1,
      created_at = statement_timestamp()
    where user_id = ${userId} and erasure = 'running'`.execute(tx);
  await sql`
    update duly.erasures set content_erased_at = statement_timestamp()
    where user_id = ${userId} and content_erased_at is null`.execute(tx);
}

export async function insertErasure(db: Db, userId: string | null, erasure: ListedErasure): Promise<void> {
  const doneAt = userId === null ? sql`statement_timestamp()` : sql`null`;
  await sql`
    insert into duly.erasures (user_hash, erased_at, user_id, content_erased_at)
    values (${erasure.userHash}, ${erasure.erasedAt}::timestamptz, ${userId}, ${doneAt})
    on conflict do nothing`.execute(db);
}

interface ErasureRow extends ListedErasure {
  userId: string | null;
  isContentErased: boolean;
  isOld: boolean;
}

/** Other processes may have counted reads of the user, and store them within five minutes. */
const countedMinutes = 10;

/** All erasures that this database has followed, or the open ones. */
export async function findErasures(db: Db, which: 'all' | 'open'): Promise<ErasureRow[]> {
  const { rows } = await sql<Omit<ErasureRow, 'erasedAt'> & { erasedAt: Date }>`
    select user_hash as "userHash", erased_at as "erasedAt", user_id as "userId",
      content_erased_at is not null as "isContentErased",
      coalesce(content_erased_at < now() - make_interval(mins => ${countedMinutes}), false) as "isOld"
    from duly.erasures where ${which === 'all' ? sql`true` : sql`user_id is not null`}
    order by erased_at`.execute(db);
  return rows.map((row) => ({ ...row, erasedAt: row.erasedAt.toISOString() }));
}

/** From then on only the hash is left of the user id. */
export async function forgetErasedUser(db: Db, userId: string): Promise<void> {
  await sql`update duly.erasures set user_id = null where user_id = ${userId}`.execute(db);
}

/** The ids of users with one of the hashes, by hash. */
export async function findUsersByHash(
  db: Db,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ hash: string; user_id: string }>`
    select hash, user_id from (
      select user_id, encode(sha256(convert_to(user_id, 'UTF8')), 'hex') as hash from (
        select user_id from duly.owners union select id from better_auth."user"
        union select user_id from duly.user_access union select user_id from duly.audit_heads
      ) as users
    ) as hashed where hash = any(${hashes}::text[])`.execute(db);
  return new Map(rows.map(({ hash, user_id }) => [hash, user_id]));
}
