alter table duly.tasks drop column tags, drop column tags_version;
