-- From here on the hash of an audit entry covers a salted digest of its details, not the details themselves: they can
-- be erased, and the chain still holds. Entries of before keep the digest of the whole entry instead.
alter table duly.audit add column salt bytea;
alter table duly.audit add column details_digest bytea;
alter table duly.audit add column entry_digest bytea;
comment on column duly.audit.salt is 'Random: without it nobody can guess details by their digest. Null: the entry is of an older form, or its details are erased.';
comment on column duly.audit.details_digest is 'Of an entry without its details: SHA-256 of the salt and the details that it had.';
comment on column duly.audit.entry_digest is 'The same of an entry of the older form: of the whole entry.';

create function duly.refuse_audit_change() returns trigger language plpgsql set search_path = duly, pg_temp as $$
declare
  is_older_form constant boolean := old.salt is null and old.details_digest is null;
begin
  if num_nonnulls(new.actor, new.subject, new.request_id, new.address, new.salt) = 0
    and (new.user_id, new.seq, new.at, new.action, new.outcome, new.count, new.hash)
      = (old.user_id, old.seq, old.at, old.action, old.outcome, old.count, old.hash)
    and new.entry_digest is not distinct from (case when is_older_form then coalesce(old.entry_digest,
      sha256(convert_to(jsonb_build_array(old.user_id, (extract(epoch from old.at) * 1000)::bigint, old.actor,
        old.action, old.subject, old.outcome, old.count, old.request_id, old.address)::text, 'UTF8'))) end)
    and new.details_digest is not distinct from (case when not is_older_form then coalesce(old.details_digest,
      sha256(old.salt || convert_to(jsonb_build_array(old.actor, old.subject, old.request_id, old.address)::text,
        'UTF8'))) end)
  then
    return new;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;

create function duly.refuse_refused_change() returns trigger language plpgsql set search_path = duly, pg_temp as $$
begin
  -- An entry without its details: `audit/erasure.ts` writes this form.
  if (new.id, new.refused_at, new.sqlstate) = (old.id, old.refused_at, old.sqlstate)
    and new.entry ~ '^\{"userId":"([^"\\]|\\.)*","action":"[a-z._]*","outcome":"[a-z]*","erased":true\}$'
  then
    return new;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;

drop trigger audit_append_only on duly.audit;
create trigger audit_append_only before delete or truncate on duly.audit
  for each statement execute function duly.refuse_change();
create trigger audit_update before update on duly.audit
  for each row execute function duly.refuse_audit_change();
drop trigger audit_refused_append_only on duly.audit_refused;
create trigger audit_refused_append_only before delete or truncate on duly.audit_refused
  for each statement execute function duly.refuse_change();
create trigger audit_refused_update before update on duly.audit_refused
  for each row execute function duly.refuse_refused_change();

-- What a row of owners is after an erasure. Every write updates that row first.
alter table duly.owners add column erasure text check (erasure in ('running', 'done'));
comment on column duly.owners.erasure is 'running: the content is being deleted, and writes are refused; done: there is none, until the user writes again.';

create function duly.write_after_erasure() returns trigger language plpgsql set search_path = duly, pg_temp as $$
begin
  if new.erasure = 'running' then
    raise exception 'the user is being erased' using errcode = 'DU001';
  end if;
  if old.erasure = 'done' and new.erasure = 'done' then
    new.erasure := null;
  end if;
  return new;
end $$;
create trigger write_after_erasure before update on duly.owners
  for each row when (old.erasure is not null) execute function duly.write_after_erasure();

create table duly.erasures (
  user_hash text collate "C" not null,
  erased_at timestamptz(3) not null,
  user_id text collate "C",
  content_erased_at timestamptz(3),
  primary key (user_hash, erased_at)
);
create index erasures_open on duly.erasures (user_id) where user_id is not null;
comment on table duly.erasures is 'The erasure list, as far as this database has followed it.';
comment on column duly.erasures.user_hash is 'SHA-256 of the user id, in hex.';
comment on column duly.erasures.user_id is 'Until everything is erased, and what other processes counted of the user too.';
comment on column duly.erasures.content_erased_at is 'Null: the content is not all deleted yet.';
