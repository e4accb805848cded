create index tasks_of_section on duly.tasks (user_id, section_id) where section_id is not null;
create index tasks_of_project on duly.tasks (user_id, project_id, created_at, id) include (deleted_at)
  where project_id is not null;
drop index duly.tasks_project, duly.tasks_section;
alter index duly.tasks_of_project rename to tasks_project;
alter index duly.tasks_of_section rename to tasks_section;
drop index duly.tasks_live_updated_at, duly.tasks_live_priority, duly.tasks_live_position, duly.tasks_live_title;
drop index duly.tasks_with_reminders, duly.tasks_deleted_with, duly.tasks_former_parent, duly.tasks_former_project;
