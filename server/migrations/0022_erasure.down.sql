-- Chains with entries of the newer form cannot be verified afterwards.
drop table duly.erasures;
drop trigger write_after_erasure on duly.owners;
drop function duly.write_after_erasure();
alter table duly.owners drop column erasure;
drop trigger audit_refused_update on duly.audit_refused;
drop trigger audit_refused_append_only on duly.audit_refused;
create trigger audit_refused_append_only before update or delete or truncate on duly.audit_refused
  for each statement execute function duly.refuse_change();
drop trigger audit_update on duly.audit;
drop trigger audit_append_only on duly.audit;
create trigger audit_append_only before update or delete or truncate on duly.audit
  for each statement execute function duly.refuse_change();
drop function duly.refuse_refused_change();
drop function duly.refuse_audit_change();
alter table duly.audit drop column entry_digest;
alter table duly.audit drop column details_digest;
alter table duly.audit drop column salt;
