-- A restored database has forgotten which tokens were revoked since its backup.
alter table duly.epoch add column tokens_valid_from timestamptz(3);

comment on column duly.epoch.tokens_valid_from is 'Tokens of other issuers from before are refused, for all users: set when a backup is restored.';
