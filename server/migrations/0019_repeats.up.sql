-- Repeats of tasks, and the occurrences that are done or skipped. A Duly that does not know of them goes on: it leaves
-- the new columns as they are. But it does not move a repeating task on when it completes it.
-- Each has a default that is no expression, so no row is rewritten.
alter table duly.tasks
  add column recurrence text collate "C",
  add column recurrence_from text collate "C" not null default 'due',
  add column excluded_dates text[] collate "C" not null default '{}',
  add column occurrence date,
  add column series_start date,
  add column series_time text collate "C",
  add column series_zone text collate "C",
  add column occurrence_number integer;
comment on column duly.tasks.recurrence is 'RRULE (RFC 5545 §3.3.10) as sent.';
comment on column duly.tasks.excluded_dates is 'Dates of the rule that do not happen.';
comment on column duly.tasks.occurrence is 'The date that the rule gave the current occurrence.';
comment on column duly.tasks.series_start is 'The first date of the rule: its intervals are counted from there.';
comment on column duly.tasks.series_time is 'due_time of the next occurrences.';
comment on column duly.tasks.series_zone is 'time_zone of the next occurrences.';
comment on column duly.tasks.occurrence_number is 'Of the current occurrence: 1 is the first.';

create table duly.occurrences (
  user_id text collate "C" not null,
  id uuid not null,
  task_id uuid not null,
  date date not null,
  number integer not null,
  status text collate "C" not null check (status in ('done', 'skipped')),
  recorded_at timestamptz(3) not null,
  before jsonb not null,
  task_version integer not null,
  revision bigint not null,
  primary key (user_id, id),
  foreign key (user_id, task_id) references duly.tasks (user_id, id) on delete cascade
);
comment on column duly.occurrences.before is 'Fields of the task before, which an undo brings back.';
comment on column duly.occurrences.task_version is 'Of the task since then: it orders the occurrences of a task.';
create index occurrences_task on duly.occurrences (user_id, task_id, task_version, date);
create index occurrences_revision on duly.occurrences (user_id, revision, id);

alter table duly.tombstones drop constraint tombstones_type_check;
alter table duly.tombstones add constraint tombstones_type_check
  check (type in ('task', 'tag', 'project', 'section', 'view', 'occurrence'));
