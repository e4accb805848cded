drop index duly.tags_to_fold;
drop index duly.tasks_to_fold;
alter table duly.tags drop column search_version, drop column search_text;
alter table duly.tasks drop column search_version, drop column search_text;
alter table duly.tasks add column search_text text not null
  generated always as (lower(title || chr(10) || coalesce(description, ''))) stored;
