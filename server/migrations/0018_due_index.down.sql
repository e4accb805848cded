create index tasks_live on duly.tasks (user_id, created_at, id) include (project_id) where deleted_at is null;
drop index duly.tasks_live_created_at, duly.tasks_due;
alter index duly.tasks_live rename to tasks_live_created_at;
