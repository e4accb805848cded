delete from duly.tombstones where type not in ('task', 'tag');
alter table duly.tombstones drop constraint tombstones_type_check;
alter table duly.tombstones add constraint tombstones_type_check check (type in ('task', 'tag'));

alter table duly.tasks
  drop column project_id,
  drop column section_id,
  drop column parent_id,
  drop column position,
  drop column subtasks_total,
  drop column subtasks_done,
  drop column deleted_with,
  drop column former_project_id,
  drop column former_section_id,
  drop column former_parent_id;

drop function duly.first_position(timestamptz);
drop table duly.views;
drop table duly.sections;
drop table duly.projects;
