drop table better_auth.jwks;
drop table better_auth.verification;
drop table better_auth.account;
drop table better_auth.session;
drop table better_auth."user";
drop schema better_auth;
