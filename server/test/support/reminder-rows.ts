import type { QueryResultRow } from 'pg';
import { asAdmin, type TestDatabase } from './database.ts';

/** How many users `reminded-0`, …, each with an account of a verified address, a channel and reminders. */
export interface ReminderSeed {
  users: number;
  perUser: number;
  /** Of the ids of the users. */
  prefix?: string;
  /** SQL of an instant. */
  dueAt?: string;
  /** SQL that gives the row of a channel from the number `u` of its user. */
  channel?: { type: string; url: string };
}

/** Statements that insert users with reminders of tasks, as the service would have stored them. */
export const reminderRows = ({
  users,
  perUser,
  prefix = 'reminded',
  dueAt = 'now()',
  channel = { type: "'email'", url: 'null' },
}: ReminderSeed): string => `
  create temp table seeded as select u, '${prefix}-' || u as user_id from generate_series(0, ${users - 1}) as u;
  insert into better_auth."user" (id, name, email, "emailVerified", "firstName", "lastName")
    select user_id, 'Ada', user_id || '@example.com', true, 'Ada', '' from seeded;
  insert into duly.owners (user_id, revision) select user_id, 1 from seeded;
  insert into duly.channels (user_id, id, type, url, version, created_at, updated_at, revision)
    select user_id, gen_random_uuid(), ${channel.type}, ${channel.url}, 1, now(), now(), 1 from seeded;
  create temp table seeded_tasks as
    select u, i, user_id, gen_random_uuid() as id from seeded, generate_series(1, ${perUser}) as i;
  insert into duly.tasks (user_id, id, title, search_text, search_version, revision, reminder_count, tags, tags_version)
    select user_id, id, 'Task ' || i || ' of ' || user_id, 'task', 1, 1, 1, '{}', 1 from seeded_tasks;
  insert into duly.reminders (user_id, id, task_id, remind_at, next_at, version, created_at, updated_at, revision)
    select user_id, gen_random_uuid(), id, ${dueAt}, ${dueAt}, 1, now(), now(), 1 from seeded_tasks`;

export const insertReminders = ({ connection }: TestDatabase, seed: ReminderSeed) =>
  asAdmin(reminderRows(seed), connection.database);

export const queryAsAdmin = <Row extends QueryResultRow>({ connection }: TestDatabase, text: string) =>
  asAdmin<Row>(text, connection.database);

/** How many deliveries there are of each status. */
export async function deliveryCounts(database: TestDatabase): Promise<Record<string, number>> {
  const rows = await queryAsAdmin<{ status: string; count: number }>(
    database,
    'select status, count(*)::int from duly.deliveries group by status',
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}
