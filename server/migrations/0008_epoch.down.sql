drop function duly.check_epoch(text);
drop function duly.server_identity();
drop function duly.begin_epoch();
drop table duly.epoch;
