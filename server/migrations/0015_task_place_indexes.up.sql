-- By themselves, because building them takes time: writes wait, but reads do not.
create index tasks_project on duly.tasks (user_id, project_id, created_at, id) include (deleted_at)
  where project_id is not null;
create index tasks_section on duly.tasks (user_id, section_id) where section_id is not null;
create index tasks_parent on duly.tasks (user_id, parent_id) where parent_id is not null;

-- With the project, so that the total of a list without the tasks of archived projects reads the index only.
create index tasks_live on duly.tasks (user_id, created_at, id) include (project_id) where deleted_at is null;
