-- The tags of a task on its own row, so that a list reads no second table. They are valid only for the version that
-- they were stored with: a Duly that does not know these columns raises the version and leaves them behind.
-- Null: nobody stored them yet. Then, and for another version, task_tags says what they are.
alter table duly.tasks add column tags_version integer, add column tags text[] collate "C";

comment on column duly.tasks.tags_version is 'The version that tags is of; another one, or null: task_tags has the tags.';
comment on column duly.tasks.tags is 'The names in task_tags, sorted, if tags_version is the version.';
