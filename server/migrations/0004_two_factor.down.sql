drop index better_auth.verification_user_id;
alter table better_auth."user" drop column "twoFactorEnabled";
drop table better_auth."twoFactor";
