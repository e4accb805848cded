-- The process folds what searches look through (src/folding.ts), the same for every database whatever its locale. Rows that
-- are there keep what their database's lower() made of them, and have no version: a job folds them.
alter table duly.tasks alter column search_text drop expression;
alter table duly.tasks alter column search_text set default '';
alter table duly.tasks add column search_version smallint;
comment on column duly.tasks.search_text is 'Folded title and description, U+00A0 between them; without a version: lower(title), a line break, lower(description).';
comment on column duly.tasks.search_version is 'The version of the folding; whoever changes a title or a description by hand sets it to null.';

alter table duly.tags add column search_text text not null default '';
alter table duly.tags add column search_version smallint;

-- What is to be folded, for the job and for those who may not keep what they read. Hardly ever anything.
create index tasks_to_fold on duly.tasks (user_id) where search_version is distinct from 1;
create index tags_to_fold on duly.tags (user_id) where search_version is distinct from 1;
