alter table duly.tags drop column usage_count;
