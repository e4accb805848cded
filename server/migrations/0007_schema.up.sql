-- Every table, type and function of ours lives in the schema duly, so that others may use public. Moves those of an
-- older Duly out of the schema that the migrator found them in, which is the only one in search_path while this runs.
-- No old instance may be connected: its statements name no schema.
do $$
declare
  home text := current_schema();
  name text;
begin
  if home <> 'duly' then
    -- An operator may have made it, for a role that must not make any.
    if to_regnamespace('duly') is null then
      create schema duly;
    end if;
    foreach name in array array['owners', 'tasks', 'tags', 'task_tags', 'tombstones', 'idempotency_keys', 'profiles',
      'user_access', 'revoked_tokens', 'access_events', 'service_lock', 'audit', 'audit_heads', 'schema_migrations']
    loop
      execute format('alter table %I.%I set schema duly', home, name);
    end loop;
    execute format('alter type %I.task_priority set schema duly', home);
  end if;
  foreach name in array array['forget_access_events', 'session_ended', 'account_changed', 'user_access_changed',
    'token_revoked', 'refuse_change', 'account_profile_changed', 'account_came_or_went']
  loop
    if home <> 'duly' then
      execute format('alter function %I.%I() set schema duly', home, name);
    end if;
    execute format('alter function duly.%I() set search_path = duly, pg_temp', name);
  end loop;
end $$;
