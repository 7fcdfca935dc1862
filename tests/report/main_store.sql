-- Figures as of 31 March 2026. The last 30 days begin on 2 March, the 30 before on 31 January;
-- the last 365 begin on 1 April 2025; the year before's 30 days are 2 to 31 March 2025.
insert into ops.stores values ('main', 'mycashflow', 'Europe/Helsinki', 'EUR', true);

insert into metrics.met_sales_daily (store, platform, currency, sales_date)
select 'main', 'mycashflow', 'EUR', cast(days.day as date)
from generate_series(timestamp '2024-01-01', timestamp '2026-03-31', interval '1 day') as days (day);

update metrics.met_sales_daily
set order_count = made.orders, net_sales = made.net, average_order_value = made.aov,
    order_value = made.aov * made.orders, customer_count = made.orders, new_customer_count = made.new, returning_customer_count = made.orders - made.new,
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
    ('main', 'mycashflow', 'EUR', '2026-03-31', '2026-03-31', 1234, 20, 3, 198.40, 98.7, 1.5, 0.62, 0.38);

insert into segments.segment_members
select 'main', made.segment, made.segment || people.number, date '2026-03-31', 'anna@example.fi'
from (values ('recent_buyers_30', 3), ('lapsed_customers', 6), ('rfm_champions', 1),
    ('rfm_lost', 4), ('people_of_ours', 2)) as made (segment, size)
cross join generate_series(1, 6) as people (number)
where people.number <= made.size;

insert into ops.windows values
    ('r1', 'main', 'orders', 'updated_at', '2026-03-29 03:00+00', '2026-03-30 03:00+00', 9, 7, 0, 0, 0, 1, 1.0, 'short', '2026-03-30 03:00+00'),
    ('r2', 'main', 'orders', 'updated_at', '2026-03-30 03:00+00', '2026-03-31 03:00+00', 1204, 1204, 0, 0, 0, 1, 1.0, 'complete', '2026-03-31 03:00+00'),
    ('r2', 'main', 'customers', 'updated_at', null, '2026-03-31 03:00+00', 3, 3, 0, 0, 0, 1, 1.0, 'complete', '2026-03-31 03:01+00');

insert into ops.runs values
    ('r1', 'sync', '2026-03-30 03:00+00', '2026-03-30 03:00:42+00', 'partial', 4, 'main', 2, '{"orders": 7}', '{}', 'main orders: 2 missing'),
    ('r2', 'run', '2026-03-31 03:00+00', '2026-03-31 03:02:05+00', 'done', 0, 'main', 2, '{"orders": 1204, "customers": 3}', '{}', null);

insert into metrics.met_repeat_purchase values
    ('main', '2026-02-01', 18, 4, 0.2222, 21.5, 2),
    ('main', '2026-03-01', 20, 5, 0.25, 3.0, 1);

-- January: 4 customers, 1 of them back in February, 2 in March; February: 6, 3 back in March.
insert into metrics.met_customer_cohorts values
    ('main', '2026-01-01', 0, 4, 4, 1, 50.40, '2026-01-01'),
    ('main', '2026-01-01', 1, 4, 1, 0.25, 62.00, '2026-02-01'),
    ('main', '2026-01-01', 2, 4, 2, 0.5, 71.00, '2026-03-01'),
    ('main', '2026-02-01', 0, 6, 6, 1, 30.00, '2026-02-01'),
    ('main', '2026-02-01', 1, 6, 3, 0.5, 45.00, '2026-03-01'),
    ('main', '2026-02-01', 2, 6, null, null, null, null),
    ('main', '2026-03-01', 0, 2, 2, 1, 20.00, '2026-03-01'),
    ('main', '2026-03-01', 1, 2, null, null, null, null);

insert into metrics.met_customers values
    ('main', 'a', 5, 5), ('main', 'b', 1, 1), ('main', 'c', 1, 1), ('main', 'd', 1, 1),
    ('main', 'e', 1, 1), ('main', 'f', null, null);

insert into metrics.met_rfm_segments values
    ('main', 'champions', 1, 0.2, 180.00, 0.9), ('main', 'lost', 4, 0.8, 20.00, 0.1),
    ('main', 'at_risk', 0, 0, 0, 0);

-- 1 March is the last day known that is 30 days before the last one: since it 3 came and 1 left.
insert into metrics.met_segment_movement values
    ('main', 'rfm_lost', '2026-02-20', '2026-03-01', 9, 0, 7, 2),
    ('main', 'rfm_lost', '2026-03-01', '2026-03-20', 2, 2, 1, 3),
    ('main', 'rfm_lost', '2026-03-20', '2026-03-31', 3, 1, 0, 4),
    ('main', 'lapsed_customers', '2026-02-20', '2026-03-01', 8, 0, 0, 8),
    ('main', 'lapsed_customers', '2026-03-01', '2026-03-20', 8, 0, 2, 6),
    ('main', 'lapsed_customers', '2026-03-20', '2026-03-31', 6, 0, 0, 6);

insert into metrics.met_products values
    ('p1', 'main', 1, 'Kahvimylly', 12, 3, 480.00, 11, 440.00, 0.25, 9, 2, 1, 0.5),
    ('p2', 'main', 2, 'Pipo', 40, 0, 300.00, 4, 30.00, 0, 25, 7, 2, 0.2857),
    ('p3', 'main', 3, 'Uutuus', 0, 0, 0, 0, 0, null, 0, 0, 0, null),
    -- what names no product is in no list, whatever it brought
    ('p0', 'main', null, 'Lines without a product', 900, 9, 9000.00, 900, 9000.00, 0.01, 90, 0, 0, null);

insert into metrics.met_sales_bridge values
    ('main', '2026-03-31', 300.00, 60.00, 12.75, 0.05, 10.50, 263.20, 53.15, 100.00, 10.05, 0, 130.00, 20.00, 10.00, 100.00),
    ('main', '2026-03-02', 62.75, 0, 0, 0, 0, 62.75, 12.75, 0, 0, 7.50, 50.00, 0, 0, 42.50),
    ('main', '2026-03-01', 999.99, 0, 0, 0, 0, 999.99, 0, 0, 0, 0, 999.99, 0, 0, 999.99);

insert into metrics.met_subscribers_daily
select 'main', cast(days.day as date), 1, 0, row_number() over (order by days.day),
    case when days.day <= timestamp '2026-03-02' then 0 end
from generate_series(timestamp '2026-02-20', timestamp '2026-03-31', interval '1 day') as days (day);

insert into metrics.met_geography values
    ('main', 'FI', 'HELSINKI', 12, 9, 900.00), ('main', 'FI', 'HÄMEENLINNA', 3, 2, 200.00),
    ('main', 'SE', 'UMEÅ', 4, 4, 250.00), ('main', null, null, 1, 1, 10.00);

insert into metrics.met_hours
select 'main', days.number, hours.number, case when days.number = 4 and hours.number = 21 then 6
    when hours.number = 9 then 1 else 0 end, 0
from generate_series(1, 7) as days (number) cross join generate_series(0, 23) as hours (number);

insert into metrics.met_unmapped_shipping_methods values
    ('main', 7, 'Kotiinkuljetus <klo 17>', null, 41);
