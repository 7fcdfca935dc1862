create schema metrics;
create schema segments;
create schema ops;

create table metrics.met_sales_daily (
    store text, platform text, currency text, sales_date date,
    order_count bigint default 0, cancelled_order_count bigint default 0,
    customer_count bigint default 0, new_customer_count bigint default 0,
    returning_customer_count bigint default 0, units decimal(18, 6) default 0,
    gross_sales decimal(18, 2) default 0, discounts decimal(18, 2) default 0,
    returns decimal(18, 2) default 0, net_sales decimal(18, 2) default 0,
    tax decimal(18, 2) default 0, shipping decimal(18, 2) default 0,
    fees decimal(18, 2) default 0, total decimal(18, 2) default 0,
    new_customer_net_sales decimal(18, 2) default 0,
    returning_customer_net_sales decimal(18, 2) default 0,
    order_value decimal(18, 2) default 0, average_order_value decimal(18, 2),
    is_whole_day boolean default true,
    primary key (store, sales_date)
);
-- the periods of these days, as if nobody bought on two of them
create view metrics.met_sales_periods as
with stores as (
    select store, min(sales_date) as first_day, coalesce(max(sales_date) filter (where is_whole_day), min(sales_date) - 1) as last_day,
        min(sales_date) filter (where not is_whole_day) as running_day
    from metrics.met_sales_daily group by store
),
ends as (
    select store, last_day as end_day from stores
    union select store, (select min(last_day) from stores) from stores
),
kinds as (
    from (values ('last_30_days', 30, 0), ('previous_30_days', 30, 30), ('last_30_days_year_before', 30, 365),
        ('last_365_days', 365, 0), ('previous_365_days', 365, 365)) as kinds (period, days, earlier)
    union all select 'week', 7, cast(7 * number as integer) from range(104) as weeks (number)
),
periods as (
    select store, end_day, period, end_day - earlier - days + 1 as first_date,
        end_day - earlier as last_date, true as is_over
    from ends cross join kinds
    union all
    select distinct ends.store, end_day, 'month', date_trunc('month', sales_date)::date,
        least(last_day(sales_date), end_day), last_day(sales_date) <= end_day
    from ends join metrics.met_sales_daily as days on ends.store = days.store and sales_date <= end_day
    union all
    select store, last_day, 'running_day', running_day, running_day, false from stores
    where running_day is not null
)
select periods.store, any_value(days.platform) as platform, any_value(days.currency) as currency, period,
    first_date, last_date, is_over, first_date >= any_value(stores.first_day) as is_complete,
    bool_or(end_day = stores.last_day) as is_latest,
    bool_or(end_day = (select min(last_day) from stores)) as is_shared,
    sum(order_count) // count(distinct end_day) as order_count,
    sum(customer_count) // count(distinct end_day) as customer_count,
    sum(new_customer_count) // count(distinct end_day) as new_customer_count,
    sum(returning_customer_count) // count(distinct end_day) as returning_customer_count,
    sum(net_sales) / count(distinct end_day) as net_sales,
    sum(new_customer_net_sales) / count(distinct end_day) as new_customer_net_sales,
    sum(returning_customer_net_sales) / count(distinct end_day) as returning_customer_net_sales,
    sum(order_value) / count(distinct end_day) as order_value
from periods
join stores on periods.store = stores.store
join metrics.met_sales_daily as days
    on periods.store = days.store and sales_date between first_date and last_date
group by periods.store, period, first_date, last_date, is_over;

create table metrics.met_sales_bridge (
    store text, sales_date date, admin_total decimal(18, 2) default 0,
    not_counted_total decimal(18, 2) default 0, unstated_tax decimal(18, 2) default 0,
    platform_difference decimal(18, 2) default 0, moved_returns decimal(18, 2) default 0,
    total decimal(18, 2) default 0, tax decimal(18, 2) default 0,
    shipping_excl_vat decimal(18, 2) default 0, fees_excl_vat decimal(18, 2) default 0,
    gift_card_sales decimal(18, 2) default 0,
    gross_sales_excl_vat decimal(18, 2) default 0, discounts_excl_vat decimal(18, 2) default 0,
    returns_excl_vat decimal(18, 2) default 0, net_sales decimal(18, 2) default 0
);
create table metrics.met_list_overview (
    store text, platform text, currency text, as_of date, last_whole_day date, member_count bigint,
    buyer_count bigint, order_count_30_days bigint, order_value_30_days decimal(18, 2),
    average_order_value_365_days decimal(18, 2), order_frequency_30_days decimal(18, 4),
    customer_lifespan_years_buyers decimal(18, 4), customer_lifespan_years_members decimal(18, 4)
);
create table segments.segment_members (
    store text, segment text, customer_key text, as_of date, reason text
);
create table ops.stores (
    store text, platform text, time_zone text, currency text, is_enabled boolean
);
create table ops.runs (
    run_id text, command text, started_at timestamptz, finished_at timestamptz, status text,
    exit_code bigint, stores text, requests bigint, rows_loaded text, versions text, message text
);
create table ops.windows (
    run_id text, store text, resource text, reason text, window_from timestamptz,
    window_to timestamptz, api_count bigint, distinct_rows bigint, duplicates bigint,
    rejected_rows bigint, quarantined_rows bigint, requests bigint, seconds double precision, status text,
    started_at timestamptz
);
create table ops.rejected_rows (
    run_id text, store text, resource text, record_id text, reason text, raw_json text,
    rejected_at timestamptz
);
create table metrics.met_repeat_purchase (
    store text, month_start_date date, buyer_count bigint, repeat_buyer_count bigint,
    repeat_customer_rate decimal(18, 4), median_days_to_second_order decimal(18, 1),
    second_order_count bigint
);
create table metrics.met_customer_cohorts (
    store text, cohort_month date, month_number bigint, customer_count bigint,
    active_customer_count bigint, retention_rate decimal(18, 4),
    cumulative_net_sales_per_customer decimal(18, 2), month_start_date date
);
create table metrics.met_customers (
    store text, customer_key text, recency_score integer, frequency_score integer
);
create table metrics.met_rfm_segments (
    store text, rfm_segment text, customer_count bigint, customer_share decimal(18, 4),
    net_sales_365_days decimal(18, 2), net_sales_share decimal(18, 4)
);
create table metrics.met_segment_movement (
    store text, segment text, from_date date, to_date date, previous_member_count bigint,
    entered_count bigint, left_count bigint, member_count bigint
);
create table metrics.met_products (
    product_key text, store text, product_id bigint, product_name text, units decimal(18, 6),
    returned_units decimal(18, 6), net_sales decimal(18, 2), units_365_days decimal(18, 6),
    net_sales_365_days decimal(18, 2), return_rate decimal(18, 4),
    customer_count bigint, first_order_customer_count bigint, first_order_repeat_count bigint,
    first_order_repeat_rate decimal(18, 4)
);
create table metrics.met_subscribers_daily (
    store text, date_day date, subscribed_count bigint, unsubscribed_count bigint,
    active_count bigint, converted_count bigint
);
create table metrics.met_geography (
    store text, country text, city text, order_count bigint, customer_count bigint,
    net_sales decimal(18, 2)
);
create table metrics.met_hours (
    store text, weekday_number bigint, hour_number bigint, order_count bigint,
    net_sales decimal(18, 2)
);
create table metrics.met_unmapped_shipping_methods (
    store text, shipping_method_id bigint, shipping_method_name text, carrier text,
    shipment_count bigint
);
