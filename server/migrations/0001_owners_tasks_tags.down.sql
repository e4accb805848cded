drop table task_tags;
drop table tags;
drop table tasks;
drop type task_priority;
drop table owners;
