drop index duly.tasks_project, duly.tasks_section, duly.tasks_parent, duly.tasks_live;
