delete from duly.tombstones where type = 'occurrence';
alter table duly.tombstones drop constraint tombstones_type_check;
alter table duly.tombstones add constraint tombstones_type_check
  check (type in ('task', 'tag', 'project', 'section', 'view'));

drop table duly.occurrences;

alter table duly.tasks
  drop column recurrence,
  drop column recurrence_from,
  drop column excluded_dates,
  drop column occurrence,
  drop column series_start,
  drop column series_time,
  drop column series_zone,
  drop column occurrence_number;
