alter table owners add column feed_from bigint not null default 0;
comment on column owners.feed_from is 'Tombstones up to this revision may be gone: who has followed the change feed less far has to start anew.';

-- The change feed reads in this order.
create index tasks_revision on tasks (user_id, revision);
create index tags_revision on tags (user_id, revision);

create index tasks_trash on tasks (user_id, deleted_at, id) where deleted_at is not null;
-- For the job that empties every user's trash after a while.
create index tasks_deleted_at on tasks (deleted_at) where deleted_at is not null;

-- What is gone without a trace elsewhere, for those who follow the change feed.
create table tombstones (
  user_id text collate "C" not null references owners,
  type text collate "C" not null check (type in ('task', 'tag')),
  id text collate "C" not null,
  revision bigint not null,
  created_at timestamptz(3) not null default statement_timestamp(),
  primary key (user_id, type, id)
);

create index tombstones_revision on tombstones (user_id, revision);
create index tombstones_created_at on tombstones (created_at);

-- What writes under an Idempotency-Key answered; stored with their effect.
create table idempotency_keys (
  user_id text collate "C" not null check (char_length(user_id) between 1 and 255),
  route text collate "C" not null,
  key text collate "C" not null check (char_length(key) between 1 and 255),
  fingerprint bytea not null,
  answer json not null,
  created_at timestamptz(3) not null default statement_timestamp(),
  primary key (user_id, route, key)
);

comment on column idempotency_keys.fingerprint is 'SHA-256 of what the request asked for: the same key with another one is refused.';

create index idempotency_keys_created_at on idempotency_keys (created_at);

-- What a profile shows of an account is a change of its owner like any other, whoever makes it.
create function account_profile_changed() returns trigger language plpgsql as $$
declare
  next_revision bigint;
begin
  insert into owners (user_id, revision) values (new.id, 1)
    on conflict (user_id) do update set revision = owners.revision + 1
    returning revision into next_revision;
  insert into profiles (user_id, revision) values (new.id, next_revision)
    on conflict (user_id) do update set revision = excluded.revision;
  return null;
end $$;
create trigger account_profile_changed after update on better_auth."user"
  for each row when (old.email is distinct from new.email
    or old."emailVerified" is distinct from new."emailVerified"
    or old."firstName" is distinct from new."firstName"
    or old."lastName" is distinct from new."lastName"
    or old.role is distinct from new.role)
  execute function account_profile_changed();

-- So it is when an account comes or goes: nothing that is read of the user may outlive it. Of whom nothing is stored has
-- no revision to change.
create function account_came_or_went() returns trigger language plpgsql as $$
declare
  next_revision bigint;
begin
  update owners set revision = revision + 1 where user_id = coalesce(new.id, old.id) returning revision into next_revision;
  if next_revision is not null then
    insert into profiles (user_id, revision) values (coalesce(new.id, old.id), next_revision)
      on conflict (user_id) do update set revision = excluded.revision;
  end if;
  return null;
end $$;
create trigger account_came_or_went after insert or delete on better_auth."user"
  for each row execute function account_came_or_went();
