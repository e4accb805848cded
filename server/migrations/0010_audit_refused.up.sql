-- Audit entries that the database refused for good: in no chain, but not lost.
create table duly.audit_refused (
  id bigint generated always as identity primary key,
  refused_at timestamptz(3) not null default statement_timestamp(),
  sqlstate text collate "C" not null,
  entry text not null
);

comment on column duly.audit_refused.sqlstate is 'Why: the SQLSTATE of the refusal.';
comment on column duly.audit_refused.entry is 'The entry in JSON. Text, because json types refuse what JSON can escape, such as NUL.';

create trigger audit_refused_append_only before update or delete or truncate on duly.audit_refused
  for each statement execute function duly.refuse_change();
