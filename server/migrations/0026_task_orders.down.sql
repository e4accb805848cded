alter table duly.owners drop column orders_from;
alter table duly.tasks drop column in_orders;
