-- The history that the data belong to. It ends where the database is set back to a backup or a copy of it is promoted;
-- another one begins then, and no revision or version of the old one stands for anything in it.
create table duly.epoch (
  only_row boolean primary key default true check (only_row),
  id text collate "C" not null,
  version_floor integer not null,
  began_at timestamptz(3) not null default now(),
  system_identifier text collate "C",
  timeline text collate "C",
  relation text collate "C",
  files text collate "C"
);

comment on column duly.epoch.version_floor is 'The first change of a task in this epoch makes its version at least this: seconds from 2020 to the epoch''s start; 0 in the first epoch.';
comment on column duly.epoch.system_identifier is 'Where the epoch was last seen: as pg_control_system() has it.';
comment on column duly.epoch.timeline is 'As the names of WAL files begin.';
comment on column duly.epoch.relation is 'The oids of the database and of duly.owners.';
comment on column duly.epoch.files is 'Of an embedded database: which copy of its files.';

insert into duly.epoch (id, version_floor) values (left(replace(gen_random_uuid()::text, '-', ''), 12), 0);

create function duly.begin_epoch() returns duly.epoch language sql set search_path = duly, pg_temp as $$
  update duly.epoch set id = left(replace(gen_random_uuid()::text, '-', ''), 12), began_at = clock_timestamp(),
    version_floor = greatest(extract(epoch from clock_timestamp())::bigint - 1577836800, version_floor + 1)
  returning *
$$;

-- Null where the server does not say; a provider may not let us ask.
create function duly.server_identity(out system_identifier text, out timeline text, out relation text)
language plpgsql set search_path = duly, pg_temp as $$
begin
  relation := (select oid from pg_database where datname = current_database()) || '/' || 'duly.owners'::regclass::oid;
  system_identifier := (select s.system_identifier::text from pg_control_system() s);
  timeline := left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
exception when others then
  return;
end $$;

-- The epoch of this moment. Begins another one where this is not the server, or not the copy of the files, that the
-- stored one was last seen on. What is not known on either side is not compared.
create function duly.check_epoch(found_files text default null) returns duly.epoch
language plpgsql set search_path = duly, pg_temp as $$
declare
  found record;
  known duly.epoch;
begin
  select * into known from duly.epoch;
  if pg_is_in_recovery() or current_setting('transaction_read_only')::boolean then
    return known;
  end if;
  select *, found_files as files into found from duly.server_identity();
  if coalesce(known.system_identifier = found.system_identifier, found.system_identifier is null)
    and coalesce(known.timeline = found.timeline, found.timeline is null)
    and coalesce(known.relation = found.relation, found.relation is null)
    and coalesce(known.files = found.files, found.files is null) then
    return known;
  end if;
  -- Another instance may have begun it meanwhile: the row as it is once the lock was got counts.
  select * into known from duly.epoch for update;
  if known.system_identifier <> found.system_identifier or known.timeline <> found.timeline
    or known.relation <> found.relation or known.files <> found.files then
    perform duly.begin_epoch();
  end if;
  update duly.epoch e set
    system_identifier = coalesce(found.system_identifier, e.system_identifier),
    timeline = coalesce(found.timeline, e.timeline),
    relation = coalesce(found.relation, e.relation),
    files = coalesce(found.files, e.files)
  returning * into known;
  return known;
end $$;
