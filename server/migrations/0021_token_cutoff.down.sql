alter table duly.epoch drop column tokens_valid_from;
