-- Better Auth's table of second factors; secrets and backup codes are encrypted with BETTER_AUTH_SECRET.
create table better_auth."twoFactor" (
  id text primary key,
  secret text not null,
  "backupCodes" text not null,
  "userId" text not null unique references better_auth."user" on delete cascade,
  verified boolean default true,
  "failedVerificationCount" integer default 0,
  "lockedUntil" timestamptz
);

create index two_factor_secret on better_auth."twoFactor" (secret);

alter table better_auth."user" add column "twoFactorEnabled" boolean default false;

-- Links sent by mail begin their value with the user they are for: a new one, or a new password, ends the others.
create index verification_user_id on better_auth.verification (split_part(value, ' ', 1));
