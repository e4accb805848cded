alter table duly.schema_migrations drop column compatible_from;
