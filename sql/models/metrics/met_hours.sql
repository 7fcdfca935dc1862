with

stores as (
    select * from {{ ref('dim_stores') }}
),

orders as (
    select
        orders.order_key,
        {{ local_time('orders.ordered_at', 'stores.time_zone') }} as ordered_locally_at
    from {{ ref('fct_orders') }} as orders
    inner join stores on orders.store = stores.store
    where orders.is_counted
),

timed as (
    select
        movements.store,
        movements.net_sales,
        movements.is_purchase,
        cast(extract(isodow from orders.ordered_locally_at) as bigint) as weekday_number,
        cast(extract(hour from orders.ordered_locally_at) as bigint) as hour_number
    from {{ ref('fct_sales_movements') }} as movements
    inner join orders on movements.order_key = orders.order_key
    inner join stores on movements.store = stores.store
    where movements.movement_date <= stores.as_of
),

hourly as (
    select
        store,
        weekday_number,
        hour_number,
        count(*) filter (where is_purchase) as order_count,
        sum(net_sales) as net_sales
    from timed
    group by 1, 2, 3
),

weekdays as (
    select numerals.weekday_number from (
        values (1), (2), (3), (4), (5), (6), (7)
    ) as numerals (weekday_number)
),

hours as (
    select numerals.hour_number from (
        values
        (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11),
        (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23)
    ) as numerals (hour_number)
),

selling_stores as (
    select distinct store from hourly
),

final as (
    select
        stores.store,
        stores.platform,
        stores.currency,
        cast(weekdays.weekday_number as bigint) as weekday_number,
        cast(hours.hour_number as bigint) as hour_number,
        coalesce(hourly.order_count, 0) as order_count,
        {{ money_sum('coalesce(hourly.net_sales, 0)') }} as net_sales,
        stores.as_of
    from stores
    inner join selling_stores on stores.store = selling_stores.store
    cross join weekdays
    cross join hours
    left join hourly
        on
            stores.store = hourly.store
            and weekdays.weekday_number = hourly.weekday_number
            and hours.hour_number = hourly.hour_number
)

select * from final
