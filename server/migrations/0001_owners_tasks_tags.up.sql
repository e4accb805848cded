create table owners (
  user_id text collate "C" primary key check (char_length(user_id) between 1 and 255),
  revision bigint not null,
  created_at timestamptz(3) not null default statement_timestamp()
);

comment on table owners is 'One row per user id. Every transaction that changes anything of a user first adds 1 to revision; the row lock makes commit order equal revision order.';

-- The order of the labels is the sort order: ascending is High, Medium, Low.
create type task_priority as enum ('High', 'Medium', 'Low');

create table tasks (
  user_id text collate "C" not null references owners,
  id uuid not null default gen_random_uuid(),
  title text not null check (char_length(title) between 1 and 200),
  description text check (char_length(description) <= 1000),
  completed_at timestamptz(3),
  priority task_priority not null default 'Medium',
  due_date date check (due_date between '1970-01-01' and '2100-12-31'),
  version integer not null default 1 check (version >= 1),
  revision bigint not null,
  created_at timestamptz(3) not null default statement_timestamp(),
  updated_at timestamptz(3) not null default statement_timestamp(),
  deleted_at timestamptz(3),
  primary key (user_id, id)
);

comment on column tasks.completed_at is 'Null while the task is pending; "completed" is read from it.';

create index tasks_live_created_at on tasks (user_id, created_at, id) where deleted_at is null;

create table tags (
  user_id text collate "C" not null references owners,
  name text collate "C" not null check (char_length(name) between 1 and 50),
  revision bigint not null,
  created_at timestamptz(3) not null default statement_timestamp(),
  primary key (user_id, name)
);

create table task_tags (
  user_id text collate "C" not null,
  task_id uuid not null,
  name text collate "C" not null,
  primary key (user_id, task_id, name),
  foreign key (user_id, task_id) references tasks (user_id, id) on delete cascade,
  foreign key (user_id, name) references tags (user_id, name)
);

create index task_tags_name on task_tags (user_id, name);
