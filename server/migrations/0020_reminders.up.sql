-- Reminders of tasks, the channels that they arrive by, the log of their deliveries, and the daily digest. A Duly that
-- does not know of them goes on: it leaves the new columns as they are, and moves no reminder.
-- Each new column has a default that is no expression, so no row is rewritten.
alter table duly.tasks add column reminder_count integer not null default 0;
comment on column duly.tasks.reminder_count is 'A write of a task without reminders looks for none.';

alter table duly.profiles
  add column default_reminder_minutes integer,
  add column digest_hour integer,
  add column digest_next_at timestamptz(3),
  add column digest_last_on date;
comment on column duly.profiles.default_reminder_minutes is
  'A task that gets a due time gets a reminder so many minutes before it; null: none.';
comment on column duly.profiles.digest_hour is 'The hour of the user''s day at which the digest is sent; null: never.';
comment on column duly.profiles.digest_next_at is 'The instant of the next digest.';
comment on column duly.profiles.digest_last_on is 'The date of the user on which the last digest was due.';
create index profiles_digest_next_at on duly.profiles (digest_next_at) where digest_next_at is not null;

create table duly.reminders (
  user_id text collate "C" not null,
  id uuid not null,
  task_id uuid not null,
  relative_to text collate "C" check (relative_to in ('due', 'start')),
  minutes_before integer,
  remind_at timestamptz(3),
  channels text[] collate "C",
  snoozed_until timestamptz(3),
  next_at timestamptz(3),
  fired_at timestamptz(3),
  version integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  revision bigint not null,
  primary key (user_id, id),
  foreign key (user_id, task_id) references duly.tasks (user_id, id) on delete cascade,
  check ((relative_to is null) = (minutes_before is null) and (relative_to is null) <> (remind_at is null))
);
comment on column duly.reminders.remind_at is 'Of an absolute reminder.';
comment on column duly.reminders.channels is 'Types of channels; null: all that the user has.';
comment on column duly.reminders.next_at is 'When it is sent next; null: not any more, or not while the task is as it is.';
comment on column duly.reminders.fired_at is 'When it was last handed to its channels.';
create index reminders_task on duly.reminders (user_id, task_id);
create index reminders_revision on duly.reminders (user_id, revision, id);
create index reminders_user_next_at on duly.reminders (user_id, next_at, id);
create index reminders_next_at on duly.reminders (next_at) where next_at is not null;

create table duly.channels (
  user_id text collate "C" not null,
  id uuid not null,
  type text collate "C" not null check (type in ('email', 'webhook', 'push')),
  name text collate "C",
  enabled boolean not null default true,
  url text collate "C",
  secret text collate "C",
  version integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  revision bigint not null,
  primary key (user_id, id)
);
comment on column duly.channels.url is 'Of a webhook, its address; of push, the origin of the push service.';
comment on column duly.channels.secret is
  'Encrypted: of a webhook, the key that signs its requests; of push, endpoint, p256dh and auth of the subscription.';
create index channels_revision on duly.channels (user_id, revision, id);

create table duly.deliveries (
  user_id text collate "C" not null,
  id uuid not null,
  kind text collate "C" not null check (kind in ('reminder', 'digest')),
  reminder_id uuid,
  task_id uuid,
  channel_id uuid,
  channel_type text collate "C" not null,
  scheduled_at timestamptz(3) not null,
  status text collate "C" not null check (status in ('queued', 'sent', 'failed', 'cancelled')),
  late boolean not null default false,
  attempts integer not null default 0,
  next_try_at timestamptz(3),
  error text collate "C",
  error_status integer,
  created_at timestamptz(3) not null,
  finished_at timestamptz(3),
  primary key (user_id, id)
);
comment on table duly.deliveries is 'A log: it keeps entries of reminders, tasks and channels that are gone.';
comment on column duly.deliveries.scheduled_at is 'The time that the reminder or the digest was set for.';
comment on column duly.deliveries.error is 'The class of the last failure; never a text of the receiver.';
create index deliveries_created_at on duly.deliveries (user_id, created_at, id);
create index deliveries_finished_at on duly.deliveries (finished_at) where finished_at is not null;
create index deliveries_queued on duly.deliveries (next_try_at) where status = 'queued';

create table duly.push_keys (
  is_only boolean primary key default true check (is_only),
  public_key text collate "C" not null,
  private_key text collate "C" not null,
  created_at timestamptz(3) not null
);
comment on table duly.push_keys is 'The VAPID key pair of the service (RFC 8292), made at first use; the private key is encrypted.';

alter table duly.tombstones drop constraint tombstones_type_check;
alter table duly.tombstones add constraint tombstones_type_check
  check (type in ('task', 'tag', 'project', 'section', 'view', 'occurrence', 'reminder', 'channel'));
