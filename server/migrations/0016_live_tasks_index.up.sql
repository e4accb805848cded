drop index duly.tasks_live_created_at;
alter index duly.tasks_live rename to tasks_live_created_at;
