delete from duly.tombstones where type in ('reminder', 'channel');
alter table duly.tombstones drop constraint tombstones_type_check;
alter table duly.tombstones add constraint tombstones_type_check
  check (type in ('task', 'tag', 'project', 'section', 'view', 'occurrence'));

drop table duly.push_keys;
drop table duly.deliveries;
drop table duly.channels;
drop table duly.reminders;

alter table duly.profiles
  drop column default_reminder_minutes,
  drop column digest_hour,
  drop column digest_next_at,
  drop column digest_last_on;
alter table duly.tasks drop column reminder_count;
