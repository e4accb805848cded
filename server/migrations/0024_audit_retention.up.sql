-- compatible-from: 23
-- The oldest entries of an audit chain may go, once its head says which was the last of them: the first entry that stays
-- is still linked to that one's hash.
alter table duly.audit_heads add column pruned_seq bigint;
alter table duly.audit_heads add column pruned_hash bytea;
comment on column duly.audit_heads.pruned_seq is 'The last entry that AUDIT_RETENTION_DAYS has removed; null: none.';
comment on column duly.audit_heads.pruned_hash is 'Its hash, to which the first entry that stays is linked.';

-- Triggers of distributed tables may not read tables, so a transaction names what it removes: `duly.audit_pruning` is the
-- last entry of the chain that goes.
create function duly.refuse_audit_deletion() returns trigger language plpgsql set search_path = duly, pg_temp as $$
begin
  if old.seq <= coalesce(nullif(current_setting('duly.audit_pruning', true), ''), '0')::bigint then
    return old;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
drop trigger audit_append_only on duly.audit;
create trigger audit_append_only before truncate on duly.audit
  for each statement execute function duly.refuse_change();
create trigger audit_delete before delete on duly.audit
  for each row execute function duly.refuse_audit_deletion();

create function duly.check_audit_pruning() returns trigger language plpgsql set search_path = duly, pg_temp as $$
begin
  if new.pruned_seq > coalesce(old.pruned_seq, 0) and new.pruned_seq <= new.seq and new.pruned_hash is not null
    and new.pruned_seq::text = current_setting('duly.audit_pruning', true) then
    return new;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger audit_heads_pruning before update on duly.audit_heads
  for each row when (
    new.pruned_seq is distinct from old.pruned_seq or new.pruned_hash is distinct from old.pruned_hash
  ) execute function duly.check_audit_pruning();
