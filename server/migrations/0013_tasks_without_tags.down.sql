drop index duly.tasks_without_tags;
