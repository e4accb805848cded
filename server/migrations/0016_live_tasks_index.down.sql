alter index duly.tasks_live_created_at rename to tasks_live;
create index tasks_live_created_at on duly.tasks (user_id, created_at, id) where deleted_at is null;
