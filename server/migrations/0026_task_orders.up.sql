-- compatible-from: 24
-- Only users with a long list have entries in the indexes of orders, which the next migration makes: for everybody,
-- they would make each write slower.
alter table duly.tasks add column in_orders boolean;
comment on column duly.tasks.in_orders is 'Whether the indexes of orders have the row, such as tasks_live_title.';
alter table duly.owners add column orders_from bigint;
comment on column duly.owners.orders_from is 'The indexes of rows with in_orders have all of the user''s tasks of this revision or a lower one; null: not all.';
