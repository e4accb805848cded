import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Db } from '../../src/db/schema.ts';
import { registerAccount } from './accounts.ts';
import type { TestApp } from './app.ts';

/** Texts that occur nowhere else, each planted in one place of a user's data. */
export interface Markers {
  /** What all of them begin with. */
  prefix: string;
  /** Makes another one, up to 20 characters long. */
  next(place: string): string;
  /** All that were made, by their place. */
  planted: ReadonlyMap<string, string>;
}

export function createMarkers(): Markers {
  const prefix = `zq${randomUUID().slice(0, 8)}`;
  const planted = new Map<string, string>();
  return {
    prefix,
    planted,
    next(place) {
      const marker = `${prefix}n${planted.size}x`;
      planted.set(place, marker);
      return marker;
    },
  };
}

const systemSchemas = ['pg_catalog', 'information_schema', 'pg_toast'];

/** Every text of every table that contains the prefix: all columns as text, and bytes as what they say. */
export async function findMarkers(db: Kysely<never> | Db, { prefix }: Markers): Promise<Set<string>> {
  const on = db as Db;
  const found = new Set<string>();
  const tables = await sql<{ name: string }>`
    select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm') and n.nspname <> all(${systemSchemas})`.execute(on);
  const hex = Buffer.from(prefix).toString('hex');
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ text: string }>`
      select to_jsonb(t)::text as text from ${sql.raw(name)} t
      where to_jsonb(t)::text like ${`%${prefix}%`} or to_jsonb(t)::text like ${`%${hex}%`}`.execute(on);
    for (const { text } of rows) {
      for (const [marker] of text.matchAll(new RegExp(`${prefix}n\\d+x`, 'g'))) found.add(marker);
      if (text.includes(hex)) found.add(hex);
    }
  }
  return found;
}

/** Registers an account, and plants a marker wherever a user, or a client of one, can write a text. */
export async function plantMarkers(app: TestApp, markers: Markers) {
  const account = await registerAccount(app);
  const { id, token, send } = account;
  const next = (place: string) => markers.next(place);
  const create = async (path: string, body: object): Promise<string> =>
    (await send(token, 'POST', path, body)).body.data.id;
  await send(token, 'PATCH', '', { first_name: next('first name'), last_name: next('last name') });
  const project = await create('/projects', { name: next('project') });
  await create(`/projects/${project}/sections`, { name: next('section') });
  await create('/views', { name: next('view'), parameters: { search: next('search of a view') } });
  await create('/channels', {
    type: 'webhook',
    name: next('channel'),
    url: `https://${next('url')}.example/hook`,
  });
  const task = await create('/tasks', {
    title: next('title'),
    description: next('description'),
    tags: [next('tag')],
    due_date: '2030-01-01',
    recurrence: 'FREQ=DAILY',
    project_id: project,
  });
  await send(token, 'POST', `/tasks/${task}/occurrences/skip`);
  await create(`/tasks/${task}/reminders`, { relative_to: 'due', minutes_before: 30 });
  const trashed = await create('/tasks', { title: next('title in the trash') });
  await send(token, 'DELETE', `/tasks/${trashed}`);
  const removed = next('name of a deleted tag');
  await create('/tasks', { title: 'x', tags: [removed] });
  await send(token, 'DELETE', `/tags/${removed}`);
  await app.request('POST', `${account.path}/tasks`, {
    token,
    body: { title: next('title in a stored response') },
    headers: { 'idempotency-key': next('idempotency key'), 'x-request-id': next('request id') },
  });
  await app.request('POST', '/api/v1/auth/login', {
    body: { email: account.email, password: 'gentle-otter-42' },
    headers: { 'user-agent': next('user agent') },
  });
  await plantBySql(app.ctx.db, id, next);
  return { ...account, task };
}

/** What no request of a test can write. */
async function plantBySql(db: Db, userId: string, next: (place: string) => string): Promise<void> {
  await sql`update better_auth."user" set image = ${next('image')}, email = ${`${next('email')}@example.com`}
    where id = ${userId}`.execute(db);
  await sql`
    insert into better_auth."twoFactor" (id, secret, "backupCodes", "userId")
    values (${randomUUID()}, ${next('second factor')}, ${next('backup codes')}, ${userId})`.execute(db);
  await sql`
    insert into better_auth.verification (id, identifier, value, "expiresAt")
    values (${randomUUID()}, 'email.x', ${`${userId} ${next('new email')}@example.com`}, now() + interval '1 hour')`.execute(
    db,
  );
  await sql`
    insert into duly.user_access (user_id, ban_reason) values (${userId}, ${next('reason of a ban')})
    on conflict (user_id) do update set ban_reason = excluded.ban_reason`.execute(db);
  await sql`
    insert into duly.deliveries (user_id, id, kind, channel_type, scheduled_at, status, error, created_at)
    values (${userId}, gen_random_uuid(), 'digest', 'email', now(), 'failed', ${next('error')}, now())`.execute(
    db,
  );
  const refused = { userId, origin: { address: next('refused entry') }, action: 'x.y', outcome: 'failure' };
  await sql`
    insert into duly.audit_refused (sqlstate, entry) values ('22021', ${JSON.stringify(refused)})`.execute(
    db,
  );
  await sql`
    insert into duly_jobs.job (name, data)
    values ('deliver-email', ${JSON.stringify({ user_id: userId, delivery_id: next('job') })})`.execute(db);
}
