-- For the job that stores the tags of tasks that have none. By itself, because building it takes time: writes wait, but
-- reads do not.
create index tasks_without_tags on duly.tasks (user_id) where tags_version is distinct from version;
