-- Figures as of 31 March 2026. The last 30 days begin on 2 March, the 30 before on 31 January;
-- the last 365 begin on 1 April 2025; the year before's 30 days are 2 to 31 March 2025.
insert into ops.stores values ('main', 'mycashflow', 'Europe/Helsinki', 'EUR', true);

insert into metrics.met_sales_daily (store, platform, currency, sales_date)
select 'main', 'mycashflow', 'EUR', cast(days.day as date)
from generate_series(timestamp '2024-01-01', timestamp '2026-03-31', interval '1 day') as days (day);

update metrics.met_sales_daily
set order_count = made.orders, net_sales = made.net, average_order_value = made.aov,
    new_customer_count = made.new, returning_customer_count = made.orders - made.new,
    new_customer_net_sales = made.new_net, returning_customer_net_sales = made.net - made.new_net
from (values
    (date '2026-03-31', 2, 100.00, 55.00, 1, 40.00),  -- 10.00 came back: orders were worth 110.00
    (date '2026-03-02', 1, 50.00, 50.00, 1, 50.00),
    (date '2026-03-01', 3, 120.00, 40.00, 2, 80.00),
    (date '2026-01-31', 1, 5.00, 5.00, 0, 0.00),
    (date '2026-01-30', 9, 999.00, 111.00, 9, 999.00),
    (date '2025-03-02', 4, 200.00, 50.00, 0, 0.00)
) as made (day, orders, net, aov, new, new_net)
where sales_date = made.day;

insert into metrics.met_list_overview values
    ('main', 'mycashflow', 'EUR', '2026-03-31', 1234, 20, 3, 198.40, 98.7, 1.5, 0.62, 0.38);

insert into segments.segment_members
select 'main', made.segment, made.segment || people.number, date '2026-03-31', 'anna@example.fi'
from (values ('recent_buyers_30', 3), ('lapsed_customers', 6), ('rfm_champions', 1),
    ('rfm_lost', 4), ('people_of_ours', 2)) as made (segment, size)
cross join generate_series(1, 6) as people (number)
where people.number <= made.size;

insert into ops.windows values
    ('r1', 'main', 'orders', 'updated_at', '2026-03-29 03:00+00', '2026-03-30 03:00+00', 9, 7, 0, 0, 1, 1.0, 'short', '2026-03-30 03:00+00'),
    ('r2', 'main', 'orders', 'updated_at', '2026-03-30 03:00+00', '2026-03-31 03:00+00', 1204, 1204, 0, 0, 1, 1.0, 'complete', '2026-03-31 03:00+00'),
    ('r2', 'main', 'customers', 'updated_at', null, '2026-03-31 03:00+00', 3, 3, 0, 0, 1, 1.0, 'complete', '2026-03-31 03:01+00');

insert into ops.runs values
    ('r1', 'sync', '2026-03-30 03:00+00', '2026-03-30 03:00:42+00', 'partial', 4, 'main', 2, '{"orders": 7}', '{}', 'main orders: 2 missing'),
    ('r2', 'run', '2026-03-31 03:00+00', '2026-03-31 03:02:05+00', 'done', 0, 'main', 2, '{"orders": 1204, "customers": 3}', '{}', null);
