-- compatible-from: 24
-- The user is a variable: on Citus, a condition with an expression in its place goes to every shard.
create or replace function duly.account_came_or_went() returns trigger
language plpgsql set search_path to 'duly', 'pg_temp' as $$
declare
  who constant text := coalesce(new.id, old.id);
  next_revision bigint;
begin
  update owners set revision = revision + 1 where user_id = who returning revision into next_revision;
  if next_revision is not null then
    insert into profiles (user_id, revision) values (who, next_revision)
      on conflict (user_id) do update set revision = excluded.revision;
  end if;
  return null;
end $$;
