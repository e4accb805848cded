/**
 * Fills a migrated database with users, tasks and tags. The data is the same each time, except for its dates, which
 * count from today.
 */

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { foldVersion, searchTextSeparator } from '../src/platform/folding.ts';
import { type Random, seeded } from '../test/support/random.ts';

export interface Size {
  /** Number of users `bench-0`, `bench-1`, … */
  users: number;
  tasksPerUser: number;
  /** Tasks of `bench-heavy`; 0 for no such user. */
  heavyUserTasks: number;
}

export const heavyUser = 'bench-heavy';
const heavyNumber = -1;

/** Search terms found in most tasks, in one of 8, in 3 of 1,000, in every task, and in none. */
export const searchTerms = {
  frequent: 'the',
  common: 'report',
  rare: 'zuvola',
  short: 'e',
  absent: 'xylophone',
};

/** A tag of every user. */
export const commonTag = 'home';

/** Id of a seeded task: `number` is 1 to tasksPerUser. About one in 30 is in the trash. */
export function taskId(user: number | typeof heavyUser, number: number): string {
  const of = user === heavyUser ? heavyNumber : user;
  const hex = createHash('md5').update(`${of}/${number}`).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const phraseCount = 20_000;
const usersPerBatch = 1_000;
const connections = 2;

/** Inserts about 20,000 tasks a second on two cores. Ends with a vacuum, which a database in use has had as well. */
export async function seed(connection: pg.ClientConfig, size: Size): Promise<void> {
  const batches = Math.max(1, Math.ceil(size.users / usersPerBatch));
  const phrases = makePhrases();
  let next = 0;
  async function runBatches(client: pg.Client): Promise<void> {
    await client.query(makeTables);
    await client.query(insertPhrases, phrases);
    await client.query('analyze phrases');
    for (let batch = next++; batch < batches; batch = next++) await insertBatch(client, size, batch, batches);
  }
  const clients = await Promise.all(Array.from({ length: connections }, () => connect(connection)));
  const [first] = clients;
  try {
    if (size.heavyUserTasks > 0)
      await first?.query(insertOwners, [[heavyUser], [heavyNumber], size.heavyUserTasks, tagNames]);
    await Promise.all(clients.map(runBatches));
    if (first !== undefined) await vacuum(first);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/** Repeats the vacuum until the pages are all-visible: a running autovacuum's snapshot delays that. */
async function vacuum(client: pg.Client): Promise<void> {
  for (;;) {
    await client.query('vacuum (analyze) owners, tasks, tags, task_tags');
    const { rowCount } = await client.query(
      `select from pg_class where oid in ('tasks'::regclass, 'task_tags'::regclass) and relallvisible < 0.9 * relpages`,
    );
    if (rowCount === 0) return;
    await sleep(500);
  }
}

async function connect(connection: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(connection);
  await client.connect();
  await client.query(`set statement_timeout = 0; set synchronous_commit = off; set timezone = 'UTC'`);
  await client.query(`set work_mem = '256MB'; set maintenance_work_mem = '256MB'`);
  return client;
}

async function insertBatch(client: pg.Client, size: Size, batch: number, batches: number): Promise<void> {
  const from = batch * usersPerBatch;
  const numbers = Array.from({ length: Math.min(usersPerBatch, size.users - from) }, (_, i) => from + i);
  const names = numbers.map((number) => `bench-${number}`);
  const heavyTo = (part: number) => Math.floor((size.heavyUserTasks * part) / batches);
  const heavy = [size.heavyUserTasks, heavyTo(batch) + 1, heavyTo(batch + 1)];
  await client.query('begin');
  await client.query(insertOwners, [names, numbers, size.tasksPerUser, tagNames]);
  await client.query('truncate wanted, chosen');
  await client.query(chooseTasks, [names, numbers, size.tasksPerUser, heavyUser, heavyNumber, ...heavy]);
  await client.query('analyze wanted');
  await client.query(chooseTags, [tagNames]);
  await client.query('analyze chosen');
  await client.query(insertTasks);
  await client.query(insertTaskTags);
  await client.query('commit');
}

const tagNames = [
  ...[commonTag, 'work', 'urgent', 'errands', 'shopping', 'health', 'family', 'money', 'garden', 'reading'],
  ...['travel', 'calls', 'email', 'waiting', 'someday', 'projects', 'meetings', 'ideas', 'writing', 'car'],
  ...['kitchen', 'school', 'sport', 'music', 'taxes', 'insurance', 'friends', 'birthdays', 'repairs', 'pets'],
];
/** The same tags for every user, `commonTag` first; users with fewer tasks have fewer tags. */
const tagsPerUser = 12;
/** SQL expression of a user's tag by its number, 0 to 11. */
const tagOf = (number: string) =>
  `case ${number} when 0 then names[1] else names[2 + (abs(u) * 7 + ${number}) % (cardinality(names) - 1)] end`;

/** The revision counts one creation and one change for each task. */
const insertOwners = `
  with given as (
    select * from unnest($1::text[], $2::int[]) as g (user_id, u)
  ), made as (
    insert into duly.owners (user_id, revision, created_at)
    select user_id, 2 * $3::int, date_trunc('day', now()) - interval '400 days' from given
  )
  insert into duly.tags (user_id, name, revision, created_at, search_text, search_version)
  select user_id, ${tagOf('t')}, 2 * $3::int - t, date_trunc('day', now()) - interval '400 days', ${tagOf('t')}, ${foldVersion}
  from given, (select $4::text[] as names) as n, generate_series(0, least(${tagsPerUser}, $3::int) - 1) as t`;

/** Interleaves the users' tasks in order of creation: one user's rows lie as far apart as in real use. */
const chooseTasks = `
  insert into wanted (user_id, u, i, count, h)
  select user_id, u, i, count, hashint8extended(u * 16777216::bigint + i, 1) & 9223372036854775807
  from (
    select user_id, u, i, $3::int as count, i::float8 / $3::int as at
    from unnest($1::text[], $2::int[]) as g (user_id, u), generate_series(1, $3::int) as i
    union all
    select $4, $5::int, i, $6::int, (i - $7::int + 1)::float8 / ($8::int - $7::int + 1)
    from generate_series($7::int, $8::int) as i
  ) as all_of_them
  order by at, u`;

/**
 * Half of the tasks are completed, one in 30 is in the trash. A third has a due date, a quarter no description. lower()
 * folds texts of ASCII letters.
 */
const insertTasks = `
  insert into duly.tasks (user_id, id, title, description, completed_at, priority, due_date, version, revision, created_at,
    updated_at, deleted_at, search_text, search_version, tags_version, tags)
  select user_id, md5(u || '/' || i)::uuid, title, description,
    case when is_done then changed end,
    case (h >> 5) % 4 when 0 then 'High' when 1 then 'Low' else 'Medium' end::duly.task_priority,
    case when (h >> 7) % 3 = 0 then (created + (h >> 10) % 400 * interval '1 day')::date end,
    case when is_done or is_gone then 2 else 1 end,
    case when is_done or is_gone then count + i else i end,
    created,
    case when is_done or is_gone then changed else created end,
    case when is_gone then changed end,
    lower(title) || chr(${searchTextSeparator.charCodeAt(0)}) || lower(coalesce(description, '')), ${foldVersion},
    case when is_done or is_gone then 2 else 1 end,
    array(select name from chosen where chosen.u = w.u and chosen.i = w.i order by name)
  from (
    select *, (h >> 12) % 2 = 0 as is_done, (h >> 13) % 30 = 0 as is_gone,
      today - interval '400 days' + (i - 1 + (h >> 16) % 1000 / 1000.0) / count * interval '375 days' as created,
      today - interval '25 days' + (i - 1 + (h >> 26) % 1000 / 1000.0) / count * interval '24 days' as changed
    from wanted, date_trunc('day', now()) as today
  ) as w
  cross join lateral (
    select case when h % 2 = 0 then title else title || ' ' || 1000 + (h >> 8) % 90000 end as title,
      case when (h >> 3) % 4 > 0 then description end as description
    from phrases where n = (h >> 18) % ${phraseCount}
  ) as texts`;

/** Four tasks in five have a tag, some two or three. */
const chooseTags = `
  insert into chosen (user_id, u, i, name, is_live)
  select user_id, u, i, ${tagOf('t')}, (h >> 13) % 30 > 0
  from (
    select *, least(${tagsPerUser}, count) as tags from wanted
  ) as w, (select $1::text[] as names) as n, lateral (
    select i % tags as t where i <= tags or h % 5 > 0
    union select (h >> 20) % (tags * 3)
    union select (h >> 30) % (tags * 5)
  ) as numbers
  where t < tags`;

/** Only live tasks count for `usage_count`. */
const insertTaskTags = `
  with tagged as (
    insert into duly.task_tags (user_id, task_id, name) select user_id, md5(u || '/' || i)::uuid, name from chosen
  )
  update duly.tags as g set usage_count = g.usage_count + counted.tasks
  from (
    select user_id, name, count(*) as tasks from chosen where is_live group by user_id, name
  ) as counted
  where g.user_id = counted.user_id and g.name = counted.name`;

const makeTables = `
  create temp table wanted (user_id text, u int, i int, count int, h bigint);
  create temp table chosen (user_id text, u int, i int, name text collate "C", is_live boolean, primary key (u, i, name));
  create temp table phrases (n int primary key, title text, description text)`;
const insertPhrases = `
  insert into phrases (title, description, n)
  select title, description, n - 1
  from unnest($1::text[], $2::text[]) with ordinality as p (title, description, n)`;

const commonWords = `the for with and call report plan write check buy review about meeting invoice book prepare update
  send new from before next week order team project draft list find ask budget house clean repair pay doctor school
  garden kitchen ticket flight hotel contract letter email phone garage window birthday present dinner recipe customer
  server backup release test document slides photo insurance tax bank account password library course lesson language`;

/** Titles and descriptions of random words; words early in the list are the most frequent. */
function makePhrases(): [titles: string[], descriptions: string[]] {
  const random = seeded(1);
  const words = [...commonWords.split(/\s+/), ...rareWords(random)];
  const word = () => words[Math.floor(words.length * (random.below(1_000_000) / 1_000_000) ** 3)];
  const phrase = (from: number, to: number) => {
    const text = Array.from({ length: from + random.below(to - from + 1) }, word).join(' ');
    return text.charAt(0).toUpperCase() + text.slice(1);
  };
  const many = (from: number, to: number) => Array.from({ length: phraseCount }, () => phrase(from, to));
  return [many(2, 7), many(4, 28)];
}

/** Invented words of three syllables; the last one is `searchTerms.rare`. */
function rareWords({ pick }: Random): string[] {
  const syllable = () => pick([...'bdfgklmnprstvz']) + pick([...'aeiou']);
  const made = Array.from({ length: 2_500 }, () => syllable() + syllable() + syllable());
  return [...made.filter((word) => word !== searchTerms.rare), searchTerms.rare];
}
