drop table duly.audit_refused;
