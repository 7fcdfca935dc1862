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
    average_order_value decimal(18, 2),
    primary key (store, sales_date)
);
create table metrics.met_list_overview (
    store text, platform text, currency text, as_of date, member_count bigint,
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
    rejected_rows bigint, requests bigint, seconds double precision, status text,
    started_at timestamptz
);
create table ops.rejected_rows (
    run_id text, store text, resource text, record_id text, reason text, raw_json text,
    rejected_at timestamptz
);
