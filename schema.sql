create schema better_auth;

create type task_priority as enum ('High', 'Medium', 'Low');

create table better_auth."user" (
  id text not null,
  name text not null,
  email text not null,
  "emailVerified" boolean not null,
  image text,
  "createdAt" timestamp with time zone not null default now(),
  "updatedAt" timestamp with time zone not null default now(),
  role text,
  banned boolean,
  "banReason" text,
  "banExpires" timestamp with time zone,
  "firstName" text not null,
  "lastName" text not null,
  PRIMARY KEY (id),
  UNIQUE (email)
);

create table better_auth.account (
  id text not null,
  "accountId" text not null,
  "providerId" text not null,
  "userId" text not null,
  "accessToken" text,
  "refreshToken" text,
  "idToken" text,
  "accessTokenExpiresAt" timestamp with time zone,
  "refreshTokenExpiresAt" timestamp with time zone,
  scope text,
  password text,
  "createdAt" timestamp with time zone not null default now(),
  "updatedAt" timestamp with time zone not null,
  PRIMARY KEY (id),
  UNIQUE ("providerId", "accountId")
);
CREATE INDEX account_user_id ON better_auth.account USING btree ("userId");

create table better_auth.jwks (
  id text not null,
  "publicKey" text not null,
  "privateKey" text not null,
  "createdAt" timestamp with time zone not null,
  "expiresAt" timestamp with time zone,
  alg text,
  crv text,
  PRIMARY KEY (id)
);

create table better_auth.session (
  id text not null,
  "expiresAt" timestamp with time zone not null,
  token text not null,
  "createdAt" timestamp with time zone not null default now(),
  "updatedAt" timestamp with time zone not null,
  "ipAddress" text,
  "userAgent" text,
  "userId" text not null,
  "impersonatedBy" text,
  PRIMARY KEY (id),
  UNIQUE (token)
);
CREATE INDEX session_user_id ON better_auth.session USING btree ("userId");

create table better_auth.verification (
  id text not null,
  identifier text not null,
  value text not null,
  "expiresAt" timestamp with time zone not null,
  "createdAt" timestamp with time zone not null default now(),
  "updatedAt" timestamp with time zone not null default now(),
  PRIMARY KEY (id)
);
CREATE INDEX verification_identifier ON better_auth.verification USING btree (identifier);

create table owners (
  user_id text collate "C" not null,
  revision bigint not null,
  created_at timestamp(3) with time zone not null default statement_timestamp(),
  CHECK (((char_length(user_id) >= 1) AND (char_length(user_id) <= 255))),
  PRIMARY KEY (user_id)
);
comment on table owners is 'One row per user id. Every transaction that changes anything of a user first adds 1 to revision; the row lock makes commit order equal revision order.';

create table schema_migrations (
  version integer not null,
  name text not null,
  applied_at timestamp(3) with time zone not null default now(),
  PRIMARY KEY (version)
);

create table tags (
  user_id text collate "C" not null,
  name text collate "C" not null,
  revision bigint not null,
  created_at timestamp(3) with time zone not null default statement_timestamp(),
  CHECK (((char_length(name) >= 1) AND (char_length(name) <= 50))),
  PRIMARY KEY (user_id, name)
);

create table task_tags (
  user_id text collate "C" not null,
  task_id uuid not null,
  name text collate "C" not null,
  PRIMARY KEY (user_id, task_id, name)
);
CREATE INDEX task_tags_name ON public.task_tags USING btree (user_id, name);

create table tasks (
  user_id text collate "C" not null,
  id uuid not null default gen_random_uuid(),
  title text not null,
  description text,
  completed_at timestamp(3) with time zone,
  priority task_priority not null default 'Medium'::task_priority,
  due_date date,
  version integer not null default 1,
  revision bigint not null,
  created_at timestamp(3) with time zone not null default statement_timestamp(),
  updated_at timestamp(3) with time zone not null default statement_timestamp(),
  deleted_at timestamp(3) with time zone,
  CHECK (((char_length(title) >= 1) AND (char_length(title) <= 200))),
  CHECK (((due_date >= '1970-01-01'::date) AND (due_date <= '2100-12-31'::date))),
  CHECK ((char_length(description) <= 1000)),
  CHECK ((version >= 1)),
  PRIMARY KEY (user_id, id)
);
CREATE INDEX tasks_live_created_at ON public.tasks USING btree (user_id, created_at, id) WHERE (deleted_at IS NULL);
comment on column tasks.completed_at is 'Null while the task is pending; "completed" is read from it.';

alter table better_auth.account add FOREIGN KEY ("userId") REFERENCES better_auth."user"(id) ON DELETE CASCADE;
alter table better_auth.session add FOREIGN KEY ("userId") REFERENCES better_auth."user"(id) ON DELETE CASCADE;
alter table tags add FOREIGN KEY (user_id) REFERENCES owners(user_id);
alter table task_tags add FOREIGN KEY (user_id, name) REFERENCES tags(user_id, name);
alter table task_tags add FOREIGN KEY (user_id, task_id) REFERENCES tasks(user_id, id) ON DELETE CASCADE;
alter table tasks add FOREIGN KEY (user_id) REFERENCES owners(user_id);
