-- The list statement of commit 9e2389d, with schema-qualified tables: a fixed reference for the uncached list.
-- pgbench -n -M prepared -D users=10000 -f server/bench/list-2026-11.sql
\set u random(0, :users - 1)
with page as (
  select t.* from duly.tasks as t
  where t.user_id = 'bench-' || :u and t.deleted_at is null
  order by t.created_at desc, t.id desc limit 51 offset 0
)
select total, (
  select string_agg('{"id":' || to_json(t.id)::text
    || ',"user_id":' || to_json(t.user_id)::text
    || ',"title":' || to_json(t.title)::text
    || ',"description":' || coalesce(to_json(t.description)::text, 'null')
    || ',"completed":' || case when t.completed_at is null then 'false' else 'true' end
    || ',"completed_at":' || coalesce(left(to_json((t.completed_at at time zone 'UTC') + interval '1 microsecond')::text, 24) || 'Z"', 'null')
    || ',"priority":' || to_json(t.priority)::text
    || ',"due_date":' || coalesce(to_json(t.due_date)::text, 'null')
    || ',"tags":' || '[' || coalesce((
      select string_agg(to_json(tt.name)::text, ',' order by tt.name) from duly.task_tags tt
      where tt.user_id = t.user_id and tt.task_id = t.id
    ), '') || ']'
    || ',"version":' || t.version
    || ',"created_at":' || left(to_json((t.created_at at time zone 'UTC') + interval '1 microsecond')::text, 24) || 'Z"'
    || ',"updated_at":' || left(to_json((t.updated_at at time zone 'UTC') + interval '1 microsecond')::text, 24) || 'Z"'
    || '}', chr(10) order by t.created_at desc, t.id desc) as tasks
  from page as t
) as tasks
from (
  select count(*)::int as total from duly.tasks as t
  where t.user_id = 'bench-' || :u and t.deleted_at is null
) as counted;
