-- Times, zones and start dates of tasks. A Duly that does not know of them goes on: it leaves the new columns as they
-- are. But it does not keep `due_at` when it changes a due date.
-- Each has a default that is no expression, so no row is rewritten.
alter table duly.tasks
  add column due_time text collate "C",
  add column time_zone text collate "C",
  add column due_at timestamptz(3),
  add column start_date date;
comment on column duly.tasks.due_time is 'HH:MM on the clock of time_zone; null with a due_date: the whole day.';
comment on column duly.tasks.time_zone is 'IANA name as sent; null: the zone of the profile.';
comment on column duly.tasks.due_at is 'The instant of due_date and due_time; null without due_time.';
