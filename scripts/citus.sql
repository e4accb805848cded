-- Distributes the tables of a migrated database over the nodes of a Citus cluster: docs/distribution.md.
-- On the coordinator, as the owner of the tables:
--   psql -v ON_ERROR_STOP=1 -f scripts/citus.sql "$DATABASE_URL"

-- Its triggers only refuse or mend changes and read nothing, so they may run on every shard.
set citus.enable_unsafe_triggers to on;

-- Citus takes no `on delete set null`, even for columns other than user_id. Every statement that deletes projects,
-- sections or tasks clears the references to them itself.
alter table duly.tasks
  drop constraint tasks_project, drop constraint tasks_section, drop constraint tasks_parent,
  add constraint tasks_project foreign key (user_id, project_id) references duly.projects (user_id, id),
  add constraint tasks_section foreign key (user_id, section_id) references duly.sections (user_id, id),
  add constraint tasks_parent foreign key (user_id, parent_id) references duly.tasks (user_id, id);

-- Each table after those that it references. All rows of a user are on one node, in colocated shards.
select create_distributed_table('duly.owners', 'user_id');
select create_distributed_table('duly.profiles', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.projects', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.sections', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.views', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.tasks', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.occurrences', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.reminders', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.channels', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.deliveries', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.tags', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.task_tags', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.tombstones', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.idempotency_keys', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.audit', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.audit_heads', 'user_id', colocate_with => 'duly.owners');

-- Citus refuses functions that are not immutable in the update of a table that it places.
create or replace function duly.begin_epoch() returns duly.epoch
language plpgsql set search_path to 'duly', 'pg_temp' as $$
declare
  new_id constant text := left(replace(gen_random_uuid()::text, '-', ''), 12);
  now constant timestamptz := clock_timestamp();
  floor constant bigint := extract(epoch from now)::bigint - 1577836800;
  begun duly.epoch;
begin
  update duly.epoch set id = new_id, began_at = now, version_floor = greatest(floor, version_floor + 1)
    returning * into begun;
  return begun;
end $$;

-- A copy on every node: each statement that takes a revision reads its one row.
select create_reference_table('duly.epoch');

-- Executes a statement that changes several tables of one user on the node that has the user's shards, with the names of
-- these shards in place of the tables. Citus sends the call there, because the function is distributed by user_id. The
-- lock is the one that Citus takes for its own statements: a shard cannot be moved until the transaction ends. Each
-- session keeps its statements prepared, as sessions of an instance do. See server/src/db/shards.ts.
create function duly.on_shard(user_id text, statement text, args text[]) returns record
language plpgsql as $$
<<call>>
declare
  max_names constant integer := 200;
  own_names constant text := '^[0-9a-f]{20}_[0-9]+$';
  shard constant bigint := get_shard_id_for_distribution_column('duly.owners', on_shard.user_id);
  name constant text := format('%s_%s', left(md5(statement), 20), shard);
  names text[] := string_to_array(coalesce(current_setting('duly.statements', true), ''), ',');
  here text := statement;
  part record;
  result record;
begin
  perform lock_shard_metadata(5 /* share lock */, array[shard]);
  if not exists (
    select from pg_dist_placement as p join pg_dist_local_group as g on g.groupid = p.groupid where p.shardid = shard
  ) then
    raise serialization_failure using message = format('shard %s is on another node', shard);
  end if;
  loop
    -- A statement outlives a transaction that was rolled back; the setting does not.
    if name <> all (names) and not exists (select from pg_prepared_statements as p where p.name = call.name) then
      for part in
        select c.relname, s.shardid from pg_dist_shard as o
          join pg_dist_partition as op on op.logicalrelid = o.logicalrelid
          join pg_dist_partition as p on p.colocationid = op.colocationid or p.partmethod = 'n' and p.repmodel = 't'
          join pg_dist_shard as s on s.logicalrelid = p.logicalrelid
            and s.shardminvalue is not distinct from case when p.partmethod = 'h' then o.shardminvalue end
          join pg_class as c on c.oid = p.logicalrelid
        where o.shardid = shard and c.relnamespace = 'duly'::regnamespace
      loop
        here := regexp_replace(here, format('"?\mduly"?\."?%s\M"?', part.relname),
          format('duly.%s_%s', part.relname, part.shardid), 'g');
      end loop;
      if cardinality(names) >= max_names then
        for part in select p.name from pg_prepared_statements as p where p.name ~ own_names loop
          execute format('deallocate %I', part.name);
        end loop;
        names := '{}';
      end if;
      execute format('prepare %I as %s', name, here);
    end if;
    if name <> all (names) then
      names := names || name;
      perform set_config('duly.statements', array_to_string(names, ','), false);
    end if;
    begin
      execute format('execute %I(%s)', name, (
        select string_agg(quote_nullable(arg), ',' order by n) from unnest(args) with ordinality as a (arg, n)
      )) into result;
      return result;
    exception when invalid_sql_statement_name then
      -- A transaction that was rolled back has deallocated it, and the setting is from before.
      names := array(select p.name from pg_prepared_statements as p where p.name ~ own_names);
    end;
  end loop;
end $$;
select create_distributed_function('duly.on_shard(text, text, text[])', 'user_id',
  colocate_with => 'duly.owners', force_delegation => true);

-- These tables stay on the coordinator as local tables: nothing has to be done.
select * from (values
  ('duly.schema_migrations', 'of the database, not of a user'),
  ('duly.audit_refused', 'what no chain takes; few rows'),
  ('duly.erasures', 'found by the hash of a user id; few rows'),
  ('duly.push_keys', 'of the service, not of a user'),
  ('duly.service_lock', 'of the service, not of a user'),
  ('duly.access_events', 'every instance reads the news of all users, by transaction'),
  ('duly.user_access', 'its trigger writes to access_events; a row only for users something was decided about'),
  ('duly.revoked_tokens', 'its trigger writes to access_events; a row only for tokens that were logged out'),
  ('better_auth.user', 'an email address is one account''s among all'),
  ('better_auth.account', 'found by the provider''s id, which is unique among all'),
  ('better_auth.session', 'found by its token, which is unique among all'),
  ('better_auth.verification', 'found by an address or a token, before it is known whose'),
  ('better_auth.twoFactor', 'refers to better_auth.user'),
  ('better_auth.jwks', 'the keys of the service')
) as stays (table_name, because);
