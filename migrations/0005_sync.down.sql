drop trigger account_profile_changed on better_auth."user";
drop function account_profile_changed();
drop table idempotency_keys;
drop table tombstones;
drop index tasks_deleted_at;
drop index tasks_trash;
drop index tags_revision;
drop index tasks_revision;
alter table owners drop column feed_from;
