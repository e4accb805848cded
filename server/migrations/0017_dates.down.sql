alter table duly.tasks
  drop column due_time,
  drop column time_zone,
  drop column due_at,
  drop column start_date;
