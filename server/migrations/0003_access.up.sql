-- What a user id may do, beside what its tokens say. A row exists only for users something was decided about.
create table user_access (
  user_id text collate "C" primary key check (char_length(user_id) between 1 and 255),
  tokens_valid_from timestamptz(3),
  banned_at timestamptz(3),
  ban_reason text check (char_length(ban_reason) <= 500)
);

comment on column user_access.tokens_valid_from is 'Tokens of other issuers that were issued before are refused; those of this server end with their session.';

-- Tokens of other issuers that were logged out; kept until they would have expired.
create table revoked_tokens (
  user_id text collate "C" not null,
  token_hash text collate "C" not null,
  expires_at timestamptz not null,
  primary key (user_id, token_hash)
);

-- What every instance has to hear of: the access of a user, or of one session or token, has changed. Read by
-- transaction id, so that a reader who remembers the oldest transaction under way misses none.
create table access_events (
  id bigint generated always as identity primary key,
  xact xid8 not null default pg_current_xact_id(),
  user_id text collate "C" not null,
  session text collate "C",
  created_at timestamptz not null default now()
);

create index access_events_xact on access_events (xact);
create index access_events_created_at on access_events (created_at);

-- Readers that slept for longer forget all they knew.
create function forget_access_events() returns trigger language plpgsql as $$
begin
  delete from access_events where id in (
    select id from access_events where created_at < now() - interval '1 hour' limit 100 for update skip locked);
  return null;
end $$;
create trigger forget_access_events after insert on access_events
  for each statement execute function forget_access_events();

create function session_ended() returns trigger language plpgsql as $$
begin
  insert into access_events (user_id, session) values (old."userId", old.id);
  return null;
end $$;
create trigger session_ended after delete on better_auth.session
  for each row execute function session_ended();

create function account_changed() returns trigger language plpgsql as $$
begin
  insert into access_events (user_id) values (old.id);
  return null;
end $$;
create trigger account_role_changed after update of role on better_auth."user"
  for each row when (old.role is distinct from new.role) execute function account_changed();
create trigger account_deleted after delete on better_auth."user"
  for each row execute function account_changed();

create function user_access_changed() returns trigger language plpgsql as $$
begin
  insert into access_events (user_id) values (coalesce(new.user_id, old.user_id));
  return null;
end $$;
create trigger user_access_changed after insert or update or delete on user_access
  for each row execute function user_access_changed();

create function token_revoked() returns trigger language plpgsql as $$
begin
  insert into access_events (user_id, session) values (new.user_id, new.token_hash);
  return null;
end $$;
create trigger token_revoked after insert on revoked_tokens
  for each row execute function token_revoked();

-- The kill switch: while this has its one row, every instance answers 503.
create table service_lock (
  only_row boolean primary key default true check (only_row),
  locked_at timestamptz(3) not null default now()
);

create table profiles (
  user_id text collate "C" primary key references owners,
  first_name text check (char_length(first_name) <= 100),
  last_name text check (char_length(last_name) <= 100),
  time_zone text not null default 'UTC' check (char_length(time_zone) <= 64),
  locale text not null default 'en' check (char_length(locale) <= 35),
  revision bigint not null
);

comment on column profiles.first_name is 'Of users without an account here; an account has its own.';

-- The newest entry of each user's audit chain; user_id is empty for entries that are about no user.
create table audit_heads (
  user_id text collate "C" primary key,
  seq bigint not null,
  hash bytea not null
);

create table audit (
  user_id text collate "C" not null,
  seq bigint not null,
  at timestamptz(3) not null,
  actor text collate "C",
  action text collate "C" not null,
  subject text collate "C",
  outcome text collate "C" not null check (outcome in ('success', 'failure', 'denied')),
  count integer not null default 1 check (count >= 1),
  request_id text collate "C",
  address text collate "C",
  hash bytea not null,
  primary key (user_id, seq)
);

comment on column audit.user_id is 'Whose data or account it is about; empty for none.';
comment on column audit.hash is 'SHA-256 of the hash before and of this entry; the newest is in audit_heads.';

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger audit_append_only before update or delete or truncate on audit
  for each statement execute function refuse_change();

-- Users are listed in the order of owners.user_id, whatever the database's locale.
create index user_id_c on better_auth."user" (id collate "C");
