-- Distributes the tables of a migrated database over the nodes of a Citus cluster: docs/distribution.md.
-- On the coordinator, as the owner of the tables:
--   psql -v ON_ERROR_STOP=1 -f scripts/citus.sql "$DATABASE_URL"

-- Its triggers only refuse or mend changes and read nothing, so they may run on every shard.
set citus.enable_unsafe_triggers to on;

-- Each table after those that it references. All rows of a user are on one node, in colocated shards.
select create_distributed_table('duly.owners', 'user_id');
select create_distributed_table('duly.profiles', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.projects', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.sections', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.views', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.tasks', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.occurrences', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.reminders', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.channels', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.deliveries', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.tags', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.task_tags', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.tombstones', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.idempotency_keys', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.audit', 'user_id', colocate_with => 'duly.owners');
select create_distributed_table('duly.audit_heads', 'user_id', colocate_with => 'duly.owners');

-- A copy on every node: each statement that takes a revision reads its one row.
select create_reference_table('duly.epoch');

-- These tables stay on the coordinator as local tables: nothing has to be done.
select * from (values
  ('duly.schema_migrations', 'of the database, not of a user'),
  ('duly.audit_refused', 'what no chain takes; few rows'),
  ('duly.erasures', 'found by the hash of a user id; few rows'),
  ('duly.push_keys', 'of the service, not of a user'),
  ('duly.service_lock', 'of the service, not of a user'),
  ('duly.access_events', 'every instance reads the news of all users, by transaction'),
  ('duly.user_access', 'its trigger writes to access_events; a row only for users something was decided about'),
  ('duly.revoked_tokens', 'its trigger writes to access_events; a row only for tokens that were logged out'),
  ('better_auth.user', 'an email address is one account''s among all'),
  ('better_auth.account', 'found by the provider''s id, which is unique among all'),
  ('better_auth.session', 'found by its token, which is unique among all'),
  ('better_auth.verification', 'found by an address or a token, before it is known whose'),
  ('better_auth.twoFactor', 'refers to better_auth.user'),
  ('better_auth.jwks', 'the keys of the service')
) as stays (table_name, because);
