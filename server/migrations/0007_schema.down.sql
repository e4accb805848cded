-- Back to public, where older versions look, if nothing of anybody has one of the names there. Otherwise no older
-- version can have run on this database, and everything stays in duly.
do $$
declare
  tables text[] := array['owners', 'tasks', 'tags', 'task_tags', 'tombstones', 'idempotency_keys', 'profiles',
    'user_access', 'revoked_tokens', 'access_events', 'service_lock', 'audit', 'audit_heads', 'schema_migrations'];
  functions text[] := array['forget_access_events', 'session_ended', 'account_changed', 'user_access_changed',
    'token_revoked', 'refuse_change', 'account_profile_changed', 'account_came_or_went'];
  is_free boolean := has_schema_privilege('public', 'create')
    and not exists (select from pg_class where relnamespace = 'public'::regnamespace and relname = any (tables))
    and not exists (select from pg_type where typnamespace = 'public'::regnamespace and typname = any (tables || 'task_priority'::text))
    and not exists (select from pg_proc where pronamespace = 'public'::regnamespace and proname = any (functions));
  name text;
begin
  foreach name in array functions loop
    execute format('alter function duly.%I() reset search_path', name);
    if is_free then
      execute format('alter function duly.%I() set schema public', name);
    end if;
  end loop;
  if is_free then
    foreach name in array tables loop
      execute format('alter table duly.%I set schema public', name);
    end loop;
    alter type duly.task_priority set schema public;
    begin
      drop schema duly;
    exception when dependent_objects_still_exist then
      null;
    end;
  end if;
end $$;
