-- compatible-from: 24
-- optional
-- By themselves, because building them takes time: writes wait, but reads do not. Reads wait from the first drop on, so
-- what is dropped comes last.

-- With `completed_at`, so that the open tasks of projects and sections are counted within the index.
create index tasks_of_project on duly.tasks (user_id, project_id, created_at, id) include (deleted_at, completed_at)
  where project_id is not null;
create index tasks_of_section on duly.tasks (user_id, section_id) include (deleted_at, completed_at)
  where section_id is not null;

-- For lists of tasks with reminders.
create index tasks_with_reminders on duly.tasks (user_id, created_at, id)
  where reminder_count > 0 and deleted_at is null;

-- For the restore of a task or a project, which brings back what its deletion moved or deleted.
create index tasks_deleted_with on duly.tasks (user_id, deleted_with) where deleted_with is not null;
create index tasks_former_parent on duly.tasks (user_id, former_parent_id) where former_parent_id is not null;
create index tasks_former_project on duly.tasks (user_id, former_project_id) where former_project_id is not null;

-- One for each order, with the expressions of `tasks/sort-orders.ts`.
create index tasks_live_updated_at on duly.tasks (user_id, updated_at, id) where in_orders and deleted_at is null;
create index tasks_live_priority on duly.tasks (user_id, priority, id) where in_orders and deleted_at is null;
create index tasks_live_position on duly.tasks
  (user_id, (coalesce(position, duly.first_position(created_at)) collate "C"), id)
  where in_orders and deleted_at is null;
-- An entry of an index has at most 2,704 bytes, and a folded title may have more. The first 200 characters of it, the
-- title and the longest user id have 2,656 at most.
create index tasks_live_title on duly.tasks (
  user_id,
  (left(case when search_version = 1 then split_part(search_text, chr(160), 1) else lower(title) end, 200) collate "C"),
  (title collate "C"),
  id
) where in_orders and deleted_at is null;

drop index duly.tasks_project, duly.tasks_section;
alter index duly.tasks_of_project rename to tasks_project;
alter index duly.tasks_of_section rename to tasks_section;
