-- compatible-from: 23
-- optional
-- The oldest code that runs on the schema after this migration. Null: only code of this version or newer. Code before
-- this migration refuses every newer schema, whatever is stored here.
alter table duly.schema_migrations add column compatible_from integer check (compatible_from <= version);
