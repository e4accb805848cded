-- Kept by the statements that change it, not by a trigger, which every creation would pay for. So a Duly that does not
-- know of the column must not write any more; 0007 has seen to that.
alter table duly.tags add column usage_count integer not null default 0;
comment on column duly.tags.usage_count is 'How many live tasks the tag is on: kept by every statement that changes that, under the lock of the owner''s row.';

update duly.tags as g set usage_count = counted.tasks
from (
  select tt.user_id, tt.name, count(*) as tasks
  from duly.task_tags as tt join duly.tasks as t on t.user_id = tt.user_id and t.id = tt.task_id
  where t.deleted_at is null
  group by tt.user_id, tt.name
) as counted
where g.user_id = counted.user_id and g.name = counted.name;
