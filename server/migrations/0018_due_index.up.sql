-- By itself, because building indexes takes time: writes wait, but reads do not. For lists by due date, and for the next
-- task that becomes overdue. With `completed_at`, so that completed tasks of the past are passed over within the index.
create index tasks_due on duly.tasks (user_id, due_date, completed_at) include (project_id)
  where deleted_at is null and due_date is not null;

-- With both dates, so that the totals of lists by them read the index only.
create index tasks_live on duly.tasks (user_id, created_at, id) include (project_id, start_date, due_date)
  where deleted_at is null;
drop index duly.tasks_live_created_at;
alter index duly.tasks_live rename to tasks_live_created_at;
