create schema better_auth;

create schema duly;

create type duly.task_priority as enum ('High', 'Medium', 'Low');

create table better_auth."twoFactor" (
  id text not null,
  secret text not null,
  "backupCodes" text not null,
  "userId" text not null,
  verified boolean default true,
  "failedVerificationCount" integer default 0,
  "lockedUntil" timestamp with time zone,
  PRIMARY KEY (id),
  UNIQUE ("userId")
);
CREATE INDEX two_factor_secret ON better_auth."twoFactor" USING btree (secret);

create table better_auth."user" (
  id text not null,
  name text not null,
  email text not null,
  "emailVerified" boolean not null,
  image text,
  "createdAt" timestamp with time zone not null default now(),
  "updatedAt" timestamp with time zone not null default now(),
  role text,
  banned boolean,
  "banReason" text,
  "banExpires" timestamp with time zone,
  "firstName" text not null,
  "lastName" text not null,
  "twoFactorEnabled" boolean default false,
  PRIMARY KEY (id),
  UNIQUE (email)
);
CREATE INDEX user_id_c ON better_auth."user" USING btree (id COLLATE "C");

create table better_auth.account (
  id text not null,
  "accountId" text not null,
  "providerId" text not null,
  "userId" text not null,
  "accessToken" text,
  "refreshToken" text,
  "idToken" text,
  "accessTokenExpiresAt" timestamp with time zone,
  "refreshTokenExpiresAt" timestamp with time zone,
  scope text,
  password text,
  "createdAt" timestamp with time zone not null default now(),
  "updatedAt" timestamp with time zone not null,
  PRIMARY KEY (id),
  UNIQUE ("providerId", "accountId")
);
CREATE INDEX account_user_id ON better_auth.account USING btree ("userId");

create table better_auth.jwks (
  id text not null,
  "publicKey" text not null,
  "privateKey" text not null,
  "createdAt" timestamp with time zone not null,
  "expiresAt" timestamp with time zone,
  alg text,
  crv text,
  PRIMARY KEY (id)
);

create table better_auth.session (
  id text not null,
  "expiresAt" timestamp with time zone not null,
  token text not null,
  "createdAt" timestamp with time zone not null default now(),
  "updatedAt" timestamp with time zone not null,
  "ipAddress" text,
  "userAgent" text,
  "userId" text not null,
  "impersonatedBy" text,
  PRIMARY KEY (id),
  UNIQUE (token)
);
CREATE INDEX session_user_id ON better_auth.session USING btree ("userId");

create table better_auth.verification (
  id text not null,
  identifier text not null,
  value text not null,
  "expiresAt" timestamp with time zone not null,
  "createdAt" timestamp with time zone not null default now(),
  "updatedAt" timestamp with time zone not null default now(),
  PRIMARY KEY (id)
);
CREATE INDEX verification_identifier ON better_auth.verification USING btree (identifier);
CREATE INDEX verification_user_id ON better_auth.verification USING btree (split_part(value, ' '::text, 1));

create table duly.access_events (
  id bigint not null generated always as identity,
  xact xid8 not null default pg_current_xact_id(),
  user_id text collate "C" not null,
  session text collate "C",
  created_at timestamp with time zone not null default now(),
  PRIMARY KEY (id)
);
CREATE INDEX access_events_created_at ON duly.access_events USING btree (created_at);
CREATE INDEX access_events_xact ON duly.access_events USING btree (xact);

create table duly.audit (
  user_id text collate "C" not null,
  seq bigint not null,
  at timestamp(3) with time zone not null,
  actor text collate "C",
  action text collate "C" not null,
  subject text collate "C",
  outcome text collate "C" not null,
  count integer not null default 1,
  request_id text collate "C",
  address text collate "C",
  hash bytea not null,
  salt bytea,
  details_digest bytea,
  entry_digest bytea,
  CHECK ((count >= 1)),
  CHECK ((outcome = ANY (ARRAY['success'::text, 'failure'::text, 'denied'::text]))),
  PRIMARY KEY (user_id, seq)
);
comment on column duly.audit.user_id is 'Whose data or account it is about; empty for none.';
comment on column duly.audit.hash is 'SHA-256 of the hash before and of this entry; the newest is in audit_heads.';
comment on column duly.audit.salt is 'Random: without it nobody can guess details by their digest. Null: the entry is of an older form, or its details are erased.';
comment on column duly.audit.details_digest is 'Of an entry without its details: SHA-256 of the salt and the details that it had.';
comment on column duly.audit.entry_digest is 'The same of an entry of the older form: of the whole entry.';

create table duly.audit_heads (
  user_id text collate "C" not null,
  seq bigint not null,
  hash bytea not null,
  pruned_seq bigint,
  pruned_hash bytea,
  PRIMARY KEY (user_id)
);
comment on column duly.audit_heads.pruned_seq is 'The last entry that AUDIT_RETENTION_DAYS has removed; null: none.';
comment on column duly.audit_heads.pruned_hash is 'Its hash, to which the first entry that stays is linked.';

create table duly.audit_refused (
  id bigint not null generated always as identity,
  refused_at timestamp(3) with time zone not null default statement_timestamp(),
  sqlstate text collate "C" not null,
  entry text not null,
  PRIMARY KEY (id)
);
comment on column duly.audit_refused.sqlstate is 'Why: the SQLSTATE of the refusal.';
comment on column duly.audit_refused.entry is 'The entry in JSON. Text, because json types refuse what JSON can escape, such as NUL.';

create table duly.channels (
  user_id text collate "C" not null,
  id uuid not null,
  type text collate "C" not null,
  name text collate "C",
  enabled boolean not null default true,
  url text collate "C",
  secret text collate "C",
  version integer not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  revision bigint not null,
  CHECK ((type = ANY (ARRAY['email'::text, 'webhook'::text, 'push'::text]))),
  PRIMARY KEY (user_id, id)
);
CREATE INDEX channels_revision ON duly.channels USING btree (user_id, revision, id);
comment on column duly.channels.url is 'Of a webhook, its address; of push, the origin of the push service.';
comment on column duly.channels.secret is 'Encrypted: of a webhook, the key that signs its requests; of push, endpoint, p256dh and auth of the subscription.';

create table duly.deliveries (
  user_id text collate "C" not null,
  id uuid not null,
  kind text collate "C" not null,
  reminder_id uuid,
  task_id uuid,
  channel_id uuid,
  channel_type text collate "C" not null,
  scheduled_at timestamp(3) with time zone not null,
  status text collate "C" not null,
  late boolean not null default false,
  attempts integer not null default 0,
  next_try_at timestamp(3) with time zone,
  error text collate "C",
  error_status integer,
  created_at timestamp(3) with time zone not null,
  finished_at timestamp(3) with time zone,
  CHECK ((kind = ANY (ARRAY['reminder'::text, 'digest'::text]))),
  CHECK ((status = ANY (ARRAY['queued'::text, 'sent'::text, 'failed'::text, 'cancelled'::text]))),
  PRIMARY KEY (user_id, id)
);
CREATE INDEX deliveries_created_at ON duly.deliveries USING btree (user_id, created_at, id);
CREATE INDEX deliveries_finished_at ON duly.deliveries USING btree (finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX deliveries_queued ON duly.deliveries USING btree (next_try_at) WHERE (status = 'queued'::text);
comment on table duly.deliveries is 'A log: it keeps entries of reminders, tasks and channels that are gone.';
comment on column duly.deliveries.scheduled_at is 'The time that the reminder or the digest was set for.';
comment on column duly.deliveries.error is 'The class of the last failure; never a text of the receiver.';

create table duly.epoch (
  only_row boolean not null default true,
  id text collate "C" not null,
  version_floor integer not null,
  began_at timestamp(3) with time zone not null default now(),
  system_identifier text collate "C",
  timeline text collate "C",
  relation text collate "C",
  files text collate "C",
  tokens_valid_from timestamp(3) with time zone,
  CHECK (only_row),
  PRIMARY KEY (only_row)
);
comment on column duly.epoch.version_floor is 'The first change of a task in this epoch makes its version at least this: seconds from 2020 to the epoch''s start; 0 in the first epoch.';
comment on column duly.epoch.system_identifier is 'Where the epoch was last seen: as pg_control_system() has it.';
comment on column duly.epoch.timeline is 'As the names of WAL files begin.';
comment on column duly.epoch.relation is 'The oids of the database and of duly.owners.';
comment on column duly.epoch.files is 'Of an embedded database: which copy of its files.';
comment on column duly.epoch.tokens_valid_from is 'Tokens of other issuers from before are refused, for all users: set when a backup is restored.';

create table duly.erasures (
  user_hash text collate "C" not null,
  erased_at timestamp(3) with time zone not null,
  user_id text collate "C",
  content_erased_at timestamp(3) with time zone,
  PRIMARY KEY (user_hash, erased_at)
);
CREATE INDEX erasures_open ON duly.erasures USING btree (user_id) WHERE (user_id IS NOT NULL);
comment on table duly.erasures is 'The erasure list, as far as this database has followed it.';
comment on column duly.erasures.user_hash is 'SHA-256 of the user id, in hex.';
comment on column duly.erasures.user_id is 'Until everything is erased, and what other processes counted of the user too.';
comment on column duly.erasures.content_erased_at is 'Null: the content is not all deleted yet.';

create table duly.idempotency_keys (
  user_id text collate "C" not null,
  route text collate "C" not null,
  key text collate "C" not null,
  fingerprint bytea not null,
  answer json not null,
  created_at timestamp(3) with time zone not null default statement_timestamp(),
  CHECK (((char_length(key) >= 1) AND (char_length(key) <= 255))),
  CHECK (((char_length(user_id) >= 1) AND (char_length(user_id) <= 255))),
  PRIMARY KEY (user_id, route, key)
);
CREATE INDEX idempotency_keys_created_at ON duly.idempotency_keys USING btree (created_at);
comment on column duly.idempotency_keys.fingerprint is 'SHA-256 of what the request asked for: the same key with another one is refused.';

create table duly.occurrences (
  user_id text collate "C" not null,
  id uuid not null,
  task_id uuid not null,
  date date not null,
  number integer not null,
  status text collate "C" not null,
  recorded_at timestamp(3) with time zone not null,
  before jsonb not null,
  task_version integer not null,
  revision bigint not null,
  CHECK ((status = ANY (ARRAY['done'::text, 'skipped'::text]))),
  PRIMARY KEY (user_id, id)
);
CREATE INDEX occurrences_revision ON duly.occurrences USING btree (user_id, revision, id);
CREATE INDEX occurrences_task ON duly.occurrences USING btree (user_id, task_id, task_version, date);
comment on column duly.occurrences.before is 'Fields of the task before, which an undo brings back.';
comment on column duly.occurrences.task_version is 'Of the task since then: it orders the occurrences of a task.';

create table duly.owners (
  user_id text collate "C" not null,
  revision bigint not null,
  created_at timestamp(3) with time zone not null default statement_timestamp(),
  feed_from bigint not null default 0,
  erasure text,
  orders_from bigint,
  CHECK (((char_length(user_id) >= 1) AND (char_length(user_id) <= 255))),
  CHECK ((erasure = ANY (ARRAY['running'::text, 'done'::text]))),
  PRIMARY KEY (user_id)
);
comment on table duly.owners is 'One row per user id. Every transaction that changes anything of a user first adds 1 to revision; the row lock makes commit order equal revision order.';
comment on column duly.owners.feed_from is 'Tombstones up to this revision may be gone: who has followed the change feed less far has to start anew.';
comment on column duly.owners.erasure is 'running: the content is being deleted, and writes are refused; done: there is none, until the user writes again.';
comment on column duly.owners.orders_from is 'The indexes of rows with in_orders have all of the user''s tasks of this revision or a lower one; null: not all.';

create table duly.profiles (
  user_id text collate "C" not null,
  first_name text,
  last_name text,
  time_zone text not null default 'UTC'::text,
  locale text not null default 'en'::text,
  revision bigint not null,
  default_reminder_minutes integer,
  digest_hour integer,
  digest_next_at timestamp(3) with time zone,
  digest_last_on date,
  CHECK ((char_length(first_name) <= 100)),
  CHECK ((char_length(last_name) <= 100)),
  CHECK ((char_length(locale) <= 35)),
  CHECK ((char_length(time_zone) <= 64)),
  PRIMARY KEY (user_id)
);
CREATE INDEX profiles_digest_next_at ON duly.profiles USING btree (digest_next_at) WHERE (digest_next_at IS NOT NULL);
comment on column duly.profiles.first_name is 'Of users without an account here; an account has its own.';
comment on column duly.profiles.default_reminder_minutes is 'A task that gets a due time gets a reminder so many minutes before it; null: none.';
comment on column duly.profiles.digest_hour is 'The hour of the user''s day at which the digest is sent; null: never.';
comment on column duly.profiles.digest_next_at is 'The instant of the next digest.';
comment on column duly.profiles.digest_last_on is 'The date of the user on which the last digest was due.';

create table duly.projects (
  user_id text collate "C" not null,
  id uuid not null,
  name text not null,
  color text,
  view_defaults jsonb,
  "position" text collate "C" not null,
  archived_at timestamp(3) with time zone,
  version integer not null default 1,
  revision bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  deleted_at timestamp(3) with time zone,
  CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
  CHECK ((color ~ '^#[0-9a-f]{6}$'::text)),
  CHECK ((version >= 1)),
  PRIMARY KEY (user_id, id)
);
CREATE INDEX projects_archived ON duly.projects USING btree (user_id, id) WHERE (archived_at IS NOT NULL);
CREATE INDEX projects_deleted_at ON duly.projects USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX projects_revision ON duly.projects USING btree (user_id, revision, id);

create table duly.push_keys (
  is_only boolean not null default true,
  public_key text collate "C" not null,
  private_key text collate "C" not null,
  created_at timestamp(3) with time zone not null,
  CHECK (is_only),
  PRIMARY KEY (is_only)
);
comment on table duly.push_keys is 'The VAPID key pair of the service (RFC 8292), made at first use; the private key is encrypted.';

create table duly.reminders (
  user_id text collate "C" not null,
  id uuid not null,
  task_id uuid not null,
  relative_to text collate "C",
  minutes_before integer,
  remind_at timestamp(3) with time zone,
  channels text[] collate "C",
  snoozed_until timestamp(3) with time zone,
  next_at timestamp(3) with time zone,
  fired_at timestamp(3) with time zone,
  version integer not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  revision bigint not null,
  CHECK ((((relative_to IS NULL) = (minutes_before IS NULL)) AND ((relative_to IS NULL) <> (remind_at IS NULL)))),
  CHECK ((relative_to = ANY (ARRAY['due'::text, 'start'::text]))),
  PRIMARY KEY (user_id, id)
);
CREATE INDEX reminders_next_at ON duly.reminders USING btree (next_at) WHERE (next_at IS NOT NULL);
CREATE INDEX reminders_revision ON duly.reminders USING btree (user_id, revision, id);
CREATE INDEX reminders_task ON duly.reminders USING btree (user_id, task_id);
CREATE INDEX reminders_user_next_at ON duly.reminders USING btree (user_id, next_at, id);
comment on column duly.reminders.remind_at is 'Of an absolute reminder.';
comment on column duly.reminders.channels is 'Types of channels; null: all that the user has.';
comment on column duly.reminders.next_at is 'When it is sent next; null: not any more, or not while the task is as it is.';
comment on column duly.reminders.fired_at is 'When it was last handed to its channels.';

create table duly.revoked_tokens (
  user_id text collate "C" not null,
  token_hash text collate "C" not null,
  expires_at timestamp with time zone not null,
  PRIMARY KEY (user_id, token_hash)
);

create table duly.schema_migrations (
  version integer not null,
  name text not null,
  applied_at timestamp(3) with time zone not null default now(),
  compatible_from integer,
  CHECK ((compatible_from <= version)),
  PRIMARY KEY (version)
);

create table duly.sections (
  user_id text collate "C" not null,
  id uuid not null,
  project_id uuid not null,
  name text not null,
  "position" text collate "C" not null,
  version integer not null default 1,
  revision bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  deleted_at timestamp(3) with time zone,
  deleted_with uuid,
  CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
  CHECK ((version >= 1)),
  PRIMARY KEY (user_id, id)
);
CREATE INDEX sections_deleted_at ON duly.sections USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX sections_project ON duly.sections USING btree (user_id, project_id);
CREATE INDEX sections_revision ON duly.sections USING btree (user_id, revision, id);
comment on column duly.sections.deleted_with is 'The project that it was deleted with: restored with it.';

create table duly.service_lock (
  only_row boolean not null default true,
  locked_at timestamp(3) with time zone not null default now(),
  CHECK (only_row),
  PRIMARY KEY (only_row)
);

create table duly.tags (
  user_id text collate "C" not null,
  name text collate "C" not null,
  revision bigint not null,
  created_at timestamp(3) with time zone not null default statement_timestamp(),
  usage_count integer not null default 0,
  search_text text not null default ''::text,
  search_version smallint,
  CHECK (((char_length(name) >= 1) AND (char_length(name) <= 50))),
  PRIMARY KEY (user_id, name)
);
CREATE INDEX tags_revision ON duly.tags USING btree (user_id, revision);
CREATE INDEX tags_to_fold ON duly.tags USING btree (user_id) WHERE (search_version IS DISTINCT FROM 1);
comment on column duly.tags.usage_count is 'How many live tasks the tag is on: kept by every statement that changes that, under the lock of the owner''s row.';

create table duly.task_tags (
  user_id text collate "C" not null,
  task_id uuid not null,
  name text collate "C" not null,
  PRIMARY KEY (user_id, task_id, name)
);
CREATE INDEX task_tags_name ON duly.task_tags USING btree (user_id, name);

create table duly.tasks (
  user_id text collate "C" not null,
  id uuid not null default gen_random_uuid(),
  title text not null,
  description text,
  completed_at timestamp(3) with time zone,
  priority duly.task_priority not null default 'Medium'::duly.task_priority,
  due_date date,
  version integer not null default 1,
  revision bigint not null,
  created_at timestamp(3) with time zone not null default statement_timestamp(),
  updated_at timestamp(3) with time zone not null default statement_timestamp(),
  deleted_at timestamp(3) with time zone,
  search_text text not null default ''::text,
  search_version smallint,
  tags_version integer,
  tags text[] collate "C",
  project_id uuid,
  section_id uuid,
  parent_id uuid,
  "position" text collate "C",
  subtasks_total integer not null default 0,
  subtasks_done integer not null default 0,
  deleted_with uuid,
  former_project_id uuid,
  former_section_id uuid,
  former_parent_id uuid,
  due_time text collate "C",
  time_zone text collate "C",
  due_at timestamp(3) with time zone,
  start_date date,
  recurrence text collate "C",
  recurrence_from text collate "C" not null default 'due'::text,
  excluded_dates text[] collate "C" not null default '{}'::text[],
  occurrence date,
  series_start date,
  series_time text collate "C",
  series_zone text collate "C",
  occurrence_number integer,
  reminder_count integer not null default 0,
  in_orders boolean,
  CHECK (((char_length(title) >= 1) AND (char_length(title) <= 200))),
  CHECK (((due_date >= '1970-01-01'::date) AND (due_date <= '2100-12-31'::date))),
  CHECK ((char_length(description) <= 1000)),
  CHECK ((version >= 1)),
  PRIMARY KEY (user_id, id)
);
CREATE INDEX tasks_deleted_at ON duly.tasks USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX tasks_deleted_with ON duly.tasks USING btree (user_id, deleted_with) WHERE (deleted_with IS NOT NULL);
CREATE INDEX tasks_due ON duly.tasks USING btree (user_id, due_date, completed_at) INCLUDE (project_id) WHERE ((deleted_at IS NULL) AND (due_date IS NOT NULL));
CREATE INDEX tasks_former_parent ON duly.tasks USING btree (user_id, former_parent_id) WHERE (former_parent_id IS NOT NULL);
CREATE INDEX tasks_former_project ON duly.tasks USING btree (user_id, former_project_id) WHERE (former_project_id IS NOT NULL);
CREATE INDEX tasks_live_created_at ON duly.tasks USING btree (user_id, created_at, id) INCLUDE (project_id, start_date, due_date) WHERE (deleted_at IS NULL);
CREATE INDEX tasks_live_priority ON duly.tasks USING btree (user_id, priority, id) WHERE (in_orders AND (deleted_at IS NULL));
CREATE INDEX tasks_live_title ON duly.tasks USING btree (user_id, "left"(
CASE
    WHEN (search_version = 1) THEN split_part(search_text, chr(160), 1)
    ELSE lower(title)
END, 200) COLLATE "C", title COLLATE "C", id) WHERE (in_orders AND (deleted_at IS NULL));
CREATE INDEX tasks_live_updated_at ON duly.tasks USING btree (user_id, updated_at, id) WHERE (in_orders AND (deleted_at IS NULL));
CREATE INDEX tasks_parent ON duly.tasks USING btree (user_id, parent_id) WHERE (parent_id IS NOT NULL);
CREATE INDEX tasks_project ON duly.tasks USING btree (user_id, project_id, created_at, id) INCLUDE (deleted_at, completed_at) WHERE (project_id IS NOT NULL);
CREATE INDEX tasks_revision ON duly.tasks USING btree (user_id, revision);
CREATE INDEX tasks_section ON duly.tasks USING btree (user_id, section_id) INCLUDE (deleted_at, completed_at) WHERE (section_id IS NOT NULL);
CREATE INDEX tasks_to_fold ON duly.tasks USING btree (user_id) WHERE (search_version IS DISTINCT FROM 1);
CREATE INDEX tasks_trash ON duly.tasks USING btree (user_id, deleted_at, id) WHERE (deleted_at IS NOT NULL);
CREATE INDEX tasks_with_reminders ON duly.tasks USING btree (user_id, created_at, id) WHERE ((reminder_count > 0) AND (deleted_at IS NULL));
CREATE INDEX tasks_without_tags ON duly.tasks USING btree (user_id) WHERE (tags_version IS DISTINCT FROM version);
comment on column duly.tasks.completed_at is 'Null while the task is pending; "completed" is read from it.';
comment on column duly.tasks.search_text is 'Folded title and description, U+00A0 between them; without a version: lower(title), a line break, lower(description).';
comment on column duly.tasks.search_version is 'The version of the folding; whoever changes a title or a description by hand sets it to null.';
comment on column duly.tasks.tags_version is 'The version that tags is of; another one, or null: task_tags has the tags.';
comment on column duly.tasks.tags is 'The names in task_tags, sorted, if tags_version is the version.';
comment on column duly.tasks."position" is 'A fractional key; null: duly.first_position(created_at).';
comment on column duly.tasks.subtasks_total is 'Live tasks whose parent_id is this task: kept by every statement that changes that, under the lock of the owner''s row.';
comment on column duly.tasks.subtasks_done is 'How many of them are completed.';
comment on column duly.tasks.deleted_with is 'The project or task that it was deleted with: restored with it.';
comment on column duly.tasks.former_project_id is 'The project whose deletion moved it to the inbox; its restore brings it back.';
comment on column duly.tasks.former_parent_id is 'The task whose deletion moved it up; its restore brings it back.';
comment on column duly.tasks.due_time is 'HH:MM on the clock of time_zone; null with a due_date: the whole day.';
comment on column duly.tasks.time_zone is 'IANA name as sent; null: the zone of the profile.';
comment on column duly.tasks.due_at is 'The instant of due_date and due_time; null without due_time.';
comment on column duly.tasks.recurrence is 'RRULE (RFC 5545 §3.3.10) as sent.';
comment on column duly.tasks.excluded_dates is 'Dates of the rule that do not happen.';
comment on column duly.tasks.occurrence is 'The date that the rule gave the current occurrence.';
comment on column duly.tasks.series_start is 'The first date of the rule: its intervals are counted from there.';
comment on column duly.tasks.series_time is 'due_time of the next occurrences.';
comment on column duly.tasks.series_zone is 'time_zone of the next occurrences.';
comment on column duly.tasks.occurrence_number is 'Of the current occurrence: 1 is the first.';
comment on column duly.tasks.reminder_count is 'A write of a task without reminders looks for none.';
comment on column duly.tasks.in_orders is 'Whether the indexes of orders have the row, such as tasks_live_title.';

create table duly.tombstones (
  user_id text collate "C" not null,
  type text collate "C" not null,
  id text collate "C" not null,
  revision bigint not null,
  created_at timestamp(3) with time zone not null default statement_timestamp(),
  CHECK ((type = ANY (ARRAY['task'::text, 'tag'::text, 'project'::text, 'section'::text, 'view'::text, 'occurrence'::text, 'reminder'::text, 'channel'::text]))),
  PRIMARY KEY (user_id, type, id)
);
CREATE INDEX tombstones_created_at ON duly.tombstones USING btree (created_at);
CREATE INDEX tombstones_revision ON duly.tombstones USING btree (user_id, revision);

create table duly.user_access (
  user_id text collate "C" not null,
  tokens_valid_from timestamp(3) with time zone,
  banned_at timestamp(3) with time zone,
  ban_reason text,
  CHECK (((char_length(user_id) >= 1) AND (char_length(user_id) <= 255))),
  CHECK ((char_length(ban_reason) <= 500)),
  PRIMARY KEY (user_id)
);
comment on column duly.user_access.tokens_valid_from is 'Tokens of other issuers that were issued before are refused; those of this server end with their session.';

create table duly.views (
  user_id text collate "C" not null,
  id uuid not null,
  name text not null,
  parameters jsonb not null,
  "position" text collate "C" not null,
  version integer not null default 1,
  revision bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  deleted_at timestamp(3) with time zone,
  CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
  CHECK ((version >= 1)),
  PRIMARY KEY (user_id, id)
);
CREATE INDEX views_deleted_at ON duly.views USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX views_revision ON duly.views USING btree (user_id, revision, id);

alter table better_auth."twoFactor" add FOREIGN KEY ("userId") REFERENCES better_auth."user"(id) ON DELETE CASCADE;
alter table better_auth.account add FOREIGN KEY ("userId") REFERENCES better_auth."user"(id) ON DELETE CASCADE;
alter table better_auth.session add FOREIGN KEY ("userId") REFERENCES better_auth."user"(id) ON DELETE CASCADE;
alter table duly.occurrences add FOREIGN KEY (user_id, task_id) REFERENCES duly.tasks(user_id, id) ON DELETE CASCADE;
alter table duly.profiles add FOREIGN KEY (user_id) REFERENCES duly.owners(user_id);
alter table duly.projects add FOREIGN KEY (user_id) REFERENCES duly.owners(user_id);
alter table duly.reminders add FOREIGN KEY (user_id, task_id) REFERENCES duly.tasks(user_id, id) ON DELETE CASCADE;
alter table duly.sections add FOREIGN KEY (user_id, project_id) REFERENCES duly.projects(user_id, id) ON DELETE CASCADE;
alter table duly.tags add FOREIGN KEY (user_id) REFERENCES duly.owners(user_id);
alter table duly.task_tags add FOREIGN KEY (user_id, name) REFERENCES duly.tags(user_id, name);
alter table duly.task_tags add FOREIGN KEY (user_id, task_id) REFERENCES duly.tasks(user_id, id) ON DELETE CASCADE;
alter table duly.tasks add FOREIGN KEY (user_id) REFERENCES duly.owners(user_id);
alter table duly.tasks add FOREIGN KEY (user_id, parent_id) REFERENCES duly.tasks(user_id, id) ON DELETE SET NULL (parent_id) NOT VALID;
alter table duly.tasks add FOREIGN KEY (user_id, project_id) REFERENCES duly.projects(user_id, id) ON DELETE SET NULL (project_id) NOT VALID;
alter table duly.tasks add FOREIGN KEY (user_id, section_id) REFERENCES duly.sections(user_id, id) ON DELETE SET NULL (section_id) NOT VALID;
alter table duly.tombstones add FOREIGN KEY (user_id) REFERENCES duly.owners(user_id);
alter table duly.views add FOREIGN KEY (user_id) REFERENCES duly.owners(user_id);

CREATE OR REPLACE FUNCTION duly.account_came_or_went()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
declare
  who constant text := coalesce(new.id, old.id);
  next_revision bigint;
begin
  update owners set revision = revision + 1 where user_id = who returning revision into next_revision;
  if next_revision is not null then
    insert into profiles (user_id, revision) values (who, next_revision)
      on conflict (user_id) do update set revision = excluded.revision;
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION duly.account_changed()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
begin
  insert into access_events (user_id) values (old.id);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION duly.account_profile_changed()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
declare
  next_revision bigint;
begin
  insert into owners (user_id, revision) values (new.id, 1)
    on conflict (user_id) do update set revision = owners.revision + 1
    returning revision into next_revision;
  insert into profiles (user_id, revision) values (new.id, next_revision)
    on conflict (user_id) do update set revision = excluded.revision;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION duly.begin_epoch()
 RETURNS duly.epoch
 LANGUAGE sql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
  update duly.epoch set id = left(replace(gen_random_uuid()::text, '-', ''), 12), began_at = clock_timestamp(),
    version_floor = greatest(extract(epoch from clock_timestamp())::bigint - 1577836800, version_floor + 1)
  returning *
$function$;

CREATE OR REPLACE FUNCTION duly.check_audit_pruning()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
begin
  if new.pruned_seq > coalesce(old.pruned_seq, 0) and new.pruned_seq <= new.seq and new.pruned_hash is not null
    and new.pruned_seq::text = current_setting('duly.audit_pruning', true) then
    return new;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $function$;

CREATE OR REPLACE FUNCTION duly.check_epoch(found_files text DEFAULT NULL::text)
 RETURNS duly.epoch
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION duly.first_position(created_at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((((((('g'::text || substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'::text, ((((floor(((EXTRACT(epoch FROM (created_at AT TIME ZONE 'UTC'::text)) * (1000)::numeric) / ('56800235584'::bigint)::numeric)))::bigint % (62)::bigint))::integer + 1), 1)) || substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'::text, ((((floor(((EXTRACT(epoch FROM (created_at AT TIME ZONE 'UTC'::text)) * (1000)::numeric) / (916132832)::numeric)))::bigint % (62)::bigint))::integer + 1), 1)) || substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'::text, ((((floor(((EXTRACT(epoch FROM (created_at AT TIME ZONE 'UTC'::text)) * (1000)::numeric) / (14776336)::numeric)))::bigint % (62)::bigint))::integer + 1), 1)) || substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'::text, ((((floor(((EXTRACT(epoch FROM (created_at AT TIME ZONE 'UTC'::text)) * (1000)::numeric) / (238328)::numeric)))::bigint % (62)::bigint))::integer + 1), 1)) || substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'::text, ((((floor(((EXTRACT(epoch FROM (created_at AT TIME ZONE 'UTC'::text)) * (1000)::numeric) / (3844)::numeric)))::bigint % (62)::bigint))::integer + 1), 1)) || substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'::text, ((((floor(((EXTRACT(epoch FROM (created_at AT TIME ZONE 'UTC'::text)) * (1000)::numeric) / (62)::numeric)))::bigint % (62)::bigint))::integer + 1), 1)) || substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'::text, ((((floor(((EXTRACT(epoch FROM (created_at AT TIME ZONE 'UTC'::text)) * (1000)::numeric) / (1)::numeric)))::bigint % (62)::bigint))::integer + 1), 1));

CREATE OR REPLACE FUNCTION duly.forget_access_events()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
begin
  delete from access_events where id in (
    select id from access_events where created_at < now() - interval '1 hour' limit 100 for update skip locked);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION duly.refuse_audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
declare
  is_older_form constant boolean := old.salt is null and old.details_digest is null;
begin
  if num_nonnulls(new.actor, new.subject, new.request_id, new.address, new.salt) = 0
    and (new.user_id, new.seq, new.at, new.action, new.outcome, new.count, new.hash)
      = (old.user_id, old.seq, old.at, old.action, old.outcome, old.count, old.hash)
    and new.entry_digest is not distinct from (case when is_older_form then coalesce(old.entry_digest,
      sha256(convert_to(jsonb_build_array(old.user_id, (extract(epoch from old.at) * 1000)::bigint, old.actor,
        old.action, old.subject, old.outcome, old.count, old.request_id, old.address)::text, 'UTF8'))) end)
    and new.details_digest is not distinct from (case when not is_older_form then coalesce(old.details_digest,
      sha256(old.salt || convert_to(jsonb_build_array(old.actor, old.subject, old.request_id, old.address)::text,
        'UTF8'))) end)
  then
    return new;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $function$;

CREATE OR REPLACE FUNCTION duly.refuse_audit_deletion()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
begin
  if old.seq <= coalesce(nullif(current_setting('duly.audit_pruning', true), ''), '0')::bigint then
    return old;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $function$;

CREATE OR REPLACE FUNCTION duly.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $function$;

CREATE OR REPLACE FUNCTION duly.refuse_refused_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
begin
  -- An entry without its details: `audit/erasure.ts` writes this form.
  if (new.id, new.refused_at, new.sqlstate) = (old.id, old.refused_at, old.sqlstate)
    and new.entry ~ '^\{"userId":"([^"\\]|\\.)*","action":"[a-z._]*","outcome":"[a-z]*","erased":true\}$'
  then
    return new;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $function$;

CREATE OR REPLACE FUNCTION duly.server_identity(OUT system_identifier text, OUT timeline text, OUT relation text)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
begin
  relation := (select oid from pg_database where datname = current_database()) || '/' || 'duly.owners'::regclass::oid;
  system_identifier := (select s.system_identifier::text from pg_control_system() s);
  timeline := left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
exception when others then
  return;
end $function$;

CREATE OR REPLACE FUNCTION duly.session_ended()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
begin
  insert into access_events (user_id, session) values (old."userId", old.id);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION duly.token_revoked()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
begin
  insert into access_events (user_id, session) values (new.user_id, new.token_hash);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION duly.user_access_changed()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
begin
  insert into access_events (user_id) values (coalesce(new.user_id, old.user_id));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION duly.write_after_erasure()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'duly', 'pg_temp'
AS $function$
begin
  if new.erasure = 'running' then
    raise exception 'the user is being erased' using errcode = 'DU001';
  end if;
  if old.erasure = 'done' and new.erasure = 'done' then
    new.erasure := null;
  end if;
  return new;
end $function$;

CREATE INDEX tasks_live_position ON duly.tasks USING btree (user_id, COALESCE("position", duly.first_position(created_at)), id) WHERE (in_orders AND (deleted_at IS NULL));

CREATE TRIGGER forget_access_events AFTER INSERT ON duly.access_events FOR EACH STATEMENT EXECUTE FUNCTION duly.forget_access_events();
CREATE TRIGGER audit_append_only BEFORE TRUNCATE ON duly.audit FOR EACH STATEMENT EXECUTE FUNCTION duly.refuse_change();
CREATE TRIGGER audit_delete BEFORE DELETE ON duly.audit FOR EACH ROW EXECUTE FUNCTION duly.refuse_audit_deletion();
CREATE TRIGGER audit_update BEFORE UPDATE ON duly.audit FOR EACH ROW EXECUTE FUNCTION duly.refuse_audit_change();
CREATE TRIGGER audit_heads_pruning BEFORE UPDATE ON duly.audit_heads FOR EACH ROW WHEN (((new.pruned_seq IS DISTINCT FROM old.pruned_seq) OR (new.pruned_hash IS DISTINCT FROM old.pruned_hash))) EXECUTE FUNCTION duly.check_audit_pruning();
CREATE TRIGGER audit_refused_append_only BEFORE DELETE OR TRUNCATE ON duly.audit_refused FOR EACH STATEMENT EXECUTE FUNCTION duly.refuse_change();
CREATE TRIGGER audit_refused_update BEFORE UPDATE ON duly.audit_refused FOR EACH ROW EXECUTE FUNCTION duly.refuse_refused_change();
CREATE TRIGGER write_after_erasure BEFORE UPDATE ON duly.owners FOR EACH ROW WHEN ((old.erasure IS NOT NULL)) EXECUTE FUNCTION duly.write_after_erasure();
CREATE TRIGGER token_revoked AFTER INSERT ON duly.revoked_tokens FOR EACH ROW EXECUTE FUNCTION duly.token_revoked();
CREATE TRIGGER session_ended AFTER DELETE ON better_auth.session FOR EACH ROW EXECUTE FUNCTION duly.session_ended();
CREATE TRIGGER account_came_or_went AFTER INSERT OR DELETE ON better_auth."user" FOR EACH ROW EXECUTE FUNCTION duly.account_came_or_went();
CREATE TRIGGER account_deleted AFTER DELETE ON better_auth."user" FOR EACH ROW EXECUTE FUNCTION duly.account_changed();
CREATE TRIGGER account_profile_changed AFTER UPDATE ON better_auth."user" FOR EACH ROW WHEN (((old.email IS DISTINCT FROM new.email) OR (old."emailVerified" IS DISTINCT FROM new."emailVerified") OR (old."firstName" IS DISTINCT FROM new."firstName") OR (old."lastName" IS DISTINCT FROM new."lastName") OR (old.role IS DISTINCT FROM new.role))) EXECUTE FUNCTION duly.account_profile_changed();
CREATE TRIGGER account_role_changed AFTER UPDATE OF role ON better_auth."user" FOR EACH ROW WHEN ((old.role IS DISTINCT FROM new.role)) EXECUTE FUNCTION duly.account_changed();
CREATE TRIGGER user_access_changed AFTER INSERT OR DELETE OR UPDATE ON duly.user_access FOR EACH ROW EXECUTE FUNCTION duly.user_access_changed();
