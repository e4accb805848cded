import { randomUUID } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../../src/db/schema.ts';

/** The statements of the version before migration 12, which stores tags in `task_tags` only. */

interface OldTask {
  id: string;
  title: string;
  version: number;
  deleted_at: Date | null;
  tags: string[];
}

export interface OldWriter {
  /** The tags of every task, by its id. */
  tagsOfTasks(): Promise<Map<string, string[]>>;
  create(tags: readonly string[]): Promise<void>;
  /** Changes the task; an unknown one is left out. */
  change(id: string, change: Partial<Pick<OldTask, 'title' | 'tags' | 'deleted_at'>>): Promise<void>;
  replaceTag(name: string, others: readonly string[]): Promise<void>;
}

export function createOldWriter(db: Db, userId: string): OldWriter {
  const write = (work: (tx: Tx, stamp: RawBuilder<unknown>) => Promise<unknown>) =>
    db.transaction().execute(async (tx) => {
      const { rows } = await sql<{ revision: bigint }>`
        insert into duly.owners (user_id, revision) values (${userId}, 1)
        on conflict (user_id) do update set revision = owners.revision + 1 returning revision`.execute(tx);
      await work(
        tx,
        sql`stamp as materialized (select ${rows[0]?.revision}::bigint as revision, now()::timestamptz(3) as now)`,
      );
    });

  const readTasks = async (handle: Db) => {
    const { rows } = await sql<OldTask>`
      select t.id, t.title, t.version, t.deleted_at, array(
        select tt.name from duly.task_tags tt where tt.user_id = ${userId} and tt.task_id = t.id order by tt.name) as tags
      from duly.tasks as t where t.user_id = ${userId}`.execute(handle);
    return rows;
  };

  async function store(tx: Tx, stamp: RawBuilder<unknown>, before: OldTask | undefined, after: OldTask) {
    const isRetagged = JSON.stringify(before?.tags ?? []) !== JSON.stringify(after.tags);
    const live = (task?: OldTask) => (task === undefined || task.deleted_at !== null ? [] : task.tags);
    const names = [...new Set([...live(before), ...after.tags])];
    const uses = names.map(
      (name) => Number(live(after).includes(name)) - Number(live(before).includes(name)),
    );
    const record = { ...after, tags: isRetagged ? after.tags : null };
    await sql`
      with ${stamp}, records as materialized (
        select * from jsonb_to_recordset(${JSON.stringify([record])}::jsonb) as g (id uuid, title text, tags text[],
          version integer, deleted_at timestamptz)
      ), stored as (
        insert into duly.tasks (id, user_id, title, version, deleted_at, revision)
        select id, ${userId}, title, version, deleted_at, (select revision from stamp) from records
        on conflict (user_id, id) do update set title = excluded.title, version = excluded.version,
          deleted_at = excluded.deleted_at, revision = excluded.revision
      ), used_tags as (
        insert into duly.tags (user_id, name, revision, usage_count)
        select ${userId}, name, (select revision from stamp), uses
        from unnest(${names}::text[], ${uses}::integer[]) as used (name, uses)
        on conflict (user_id, name) do update set revision = excluded.revision,
          usage_count = tags.usage_count + excluded.usage_count
      ), added_links as (
        insert into duly.task_tags (user_id, task_id, name)
        select ${userId}, r.id, name from records as r cross join unnest(r.tags) as name
        on conflict do nothing
      ), removed_links as (
        delete from duly.task_tags as t using records as r
        where t.user_id = ${userId} and t.task_id = r.id and t.name <> all (r.tags)
      ) select`.execute(tx);
  }

  return {
    tagsOfTasks: async () => new Map((await readTasks(db)).map(({ id, tags }) => [id, tags])),
    create: (tags) =>
      write((tx, stamp) =>
        store(tx, stamp, undefined, {
          ...{ id: randomUUID(), title: 'old', version: 1, deleted_at: null },
          tags: tags.toSorted(),
        }),
      ),
    change: (id, change) =>
      write(async (tx, stamp) => {
        const before = (await readTasks(tx)).find((task) => task.id === id);
        if (before === undefined) return;
        const tags = (change.tags ?? before.tags).toSorted();
        await store(tx, stamp, before, { ...before, ...change, tags, version: before.version + 1 });
      }),
    replaceTag: (name, others) =>
      write((tx, stamp) =>
        sql`
          with ${stamp}, tasks_with_tag as materialized (
            select t.id, t.deleted_at is null as is_live
            from duly.task_tags tt join duly.tasks t on t.user_id = ${userId} and t.id = tt.task_id
            where tt.user_id = ${userId} and tt.name = ${name}
          ), missing_links as materialized (
            select tasks_with_tag.id, tasks_with_tag.is_live, other as name
            from tasks_with_tag cross join unnest(${others}::text[]) as other
            where not exists (
              select from duly.task_tags tt
              where tt.user_id = ${userId} and tt.task_id = tasks_with_tag.id and tt.name = other)
          ), used_tags as (
            insert into duly.tags (user_id, name, revision, usage_count)
            select ${userId}, one, (select revision from stamp),
              (select count(*) from missing_links where missing_links.is_live and missing_links.name = one)
            from unnest(${[name, ...others]}::text[]) as used (one)
            on conflict (user_id, name) do update set revision = excluded.revision,
              usage_count = case when tags.name = ${name} then 0 else tags.usage_count + excluded.usage_count end
          ), changed_tasks as (
            update duly.tasks as t set version = t.version + 1, revision = (select revision from stamp)
            from tasks_with_tag where t.user_id = ${userId} and t.id = tasks_with_tag.id
          ), added_links as (
            insert into duly.task_tags (user_id, task_id, name) select ${userId}, id, name from missing_links
          ), removed_links as (
            delete from duly.task_tags where user_id = ${userId} and name = ${name}
          ) select`.execute(tx),
      ),
  };
}
