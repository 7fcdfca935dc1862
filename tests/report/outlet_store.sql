-- A young store in another currency, with a name that must not become markup.
insert into ops.stores values ('<i>Outlet</i> & co', 'cscart', 'Europe/Stockholm', 'SEK', true);

insert into metrics.met_sales_daily (store, platform, currency, sales_date, order_count, net_sales, order_value, average_order_value)
select '<i>Outlet</i> & co', 'cscart', 'SEK', cast(days.day as date), 1, 1000.50, 1000.50, 1000.50
from generate_series(timestamp '2026-03-20', timestamp '2026-03-31', interval '1 day') as days (day);

insert into ops.windows values
    ('r2', '<i>Outlet</i> & co', 'orders', 'updated_at', null, '2026-03-31 03:00+00', 12, 10, 0, 2, 1, 1, 1.0, 'short', '2026-03-31 03:00+00');

insert into ops.rejected_rows values
    ('r2', '<i>Outlet</i> & co', 'orders', '17', 'total: expected a number', '{"email": "bo@example.com"}', '2026-03-31 03:00+00'),
    ('r2', '<i>Outlet</i> & co', 'orders', '18', 'total: expected a number', '{"email": "bo@example.com"}', '2026-03-31 03:00+00');
