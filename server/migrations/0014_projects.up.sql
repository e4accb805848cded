-- Projects with sections, saved views, subtasks and a manual order. A Duly that does not know of them goes on: it
-- leaves the new columns as they are. But it does not count the subtasks that it completes or deletes.
create table duly.projects (
  user_id text collate "C" not null,
  id uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  color text check (color ~ '^#[0-9a-f]{6}$'),
  view_defaults jsonb,
  position text collate "C" not null,
  archived_at timestamptz(3),
  version integer not null default 1 check (version >= 1),
  revision bigint not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  primary key (user_id, id),
  foreign key (user_id) references duly.owners (user_id)
);
create index projects_revision on duly.projects (user_id, revision, id);
create index projects_archived on duly.projects (user_id, id) where archived_at is not null;
create index projects_deleted_at on duly.projects (deleted_at) where deleted_at is not null;

create table duly.sections (
  user_id text collate "C" not null,
  id uuid not null,
  project_id uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  position text collate "C" not null,
  version integer not null default 1 check (version >= 1),
  revision bigint not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  deleted_with uuid,
  primary key (user_id, id),
  foreign key (user_id, project_id) references duly.projects (user_id, id) on delete cascade
);
comment on column duly.sections.deleted_with is 'The project that it was deleted with: restored with it.';
create index sections_revision on duly.sections (user_id, revision, id);
create index sections_project on duly.sections (user_id, project_id);
create index sections_deleted_at on duly.sections (deleted_at) where deleted_at is not null;

create table duly.views (
  user_id text collate "C" not null,
  id uuid not null,
  name text not null check (char_length(name) between 1 and 100),
  parameters jsonb not null,
  position text collate "C" not null,
  version integer not null default 1 check (version >= 1),
  revision bigint not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  primary key (user_id, id),
  foreign key (user_id) references duly.owners (user_id)
);
create index views_revision on duly.views (user_id, revision, id);
create index views_deleted_at on duly.views (deleted_at) where deleted_at is not null;

-- The position of a task that nobody moved: of the milliseconds since 1970 as a fractional key, 'g' and seven digits of
-- base 62 until the year 2081. It is what positions.ts makes of a time. A single expression
-- without settings, which PostgreSQL makes part of the statement.
create function duly.first_position(created_at timestamptz) returns text
  language sql immutable parallel safe
  return 'g' ||
    substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      (floor(extract(epoch from created_at at time zone 'UTC') * 1000 / 56800235584)::bigint % 62)::int + 1, 1) ||
    substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      (floor(extract(epoch from created_at at time zone 'UTC') * 1000 / 916132832)::bigint % 62)::int + 1, 1) ||
    substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      (floor(extract(epoch from created_at at time zone 'UTC') * 1000 / 14776336)::bigint % 62)::int + 1, 1) ||
    substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      (floor(extract(epoch from created_at at time zone 'UTC') * 1000 / 238328)::bigint % 62)::int + 1, 1) ||
    substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      (floor(extract(epoch from created_at at time zone 'UTC') * 1000 / 3844)::bigint % 62)::int + 1, 1) ||
    substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      (floor(extract(epoch from created_at at time zone 'UTC') * 1000 / 62)::bigint % 62)::int + 1, 1) ||
    substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      (floor(extract(epoch from created_at at time zone 'UTC') * 1000 / 1)::bigint % 62)::int + 1, 1);

-- Each has a default that is no expression, so no row is rewritten.
alter table duly.tasks
  add column project_id uuid,
  add column section_id uuid,
  add column parent_id uuid,
  add column position text collate "C",
  add column subtasks_total integer not null default 0,
  add column subtasks_done integer not null default 0,
  add column deleted_with uuid,
  add column former_project_id uuid,
  add column former_section_id uuid,
  add column former_parent_id uuid;
comment on column duly.tasks.position is 'A fractional key; null: duly.first_position(created_at).';
comment on column duly.tasks.subtasks_total is 'Live tasks whose parent_id is this task: kept by every statement that changes that, under the lock of the owner''s row.';
comment on column duly.tasks.subtasks_done is 'How many of them are completed.';
comment on column duly.tasks.deleted_with is 'The project or task that it was deleted with: restored with it.';
comment on column duly.tasks.former_project_id is 'The project whose deletion moved it to the inbox; its restore brings it back.';
comment on column duly.tasks.former_parent_id is 'The task whose deletion moved it up; its restore brings it back.';

-- The columns are new, so every row meets the constraints: no scan has to check it.
alter table duly.tasks
  add constraint tasks_project foreign key (user_id, project_id) references duly.projects (user_id, id)
    on delete set null (project_id) not valid,
  add constraint tasks_section foreign key (user_id, section_id) references duly.sections (user_id, id)
    on delete set null (section_id) not valid,
  add constraint tasks_parent foreign key (user_id, parent_id) references duly.tasks (user_id, id)
    on delete set null (parent_id) not valid;
-- In the order of lists, and with all that their total reads.
alter table duly.tombstones drop constraint tombstones_type_check;
alter table duly.tombstones add constraint tombstones_type_check
  check (type in ('task', 'tag', 'project', 'section', 'view'));
