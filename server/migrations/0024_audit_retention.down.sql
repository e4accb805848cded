-- Chains whose oldest entries were removed cannot be verified afterwards.
drop trigger audit_heads_pruning on duly.audit_heads;
drop function duly.check_audit_pruning();
drop trigger audit_delete on duly.audit;
drop trigger audit_append_only on duly.audit;
create trigger audit_append_only before delete or truncate on duly.audit
  for each statement execute function duly.refuse_change();
drop function duly.refuse_audit_deletion();
alter table duly.audit_heads drop column pruned_hash;
alter table duly.audit_heads drop column pruned_seq;
