-- Net sales and purchases are the same whether a store's days, places or hours are asked.
with

days as (
    select
        store,
        sum(order_count) as order_count,
        sum(net_sales) as net_sales
    from {{ ref('met_sales_daily') }}
    group by 1
),

places as (
    select
        store,
        sum(order_count) as order_count,
        sum(net_sales) as net_sales
    from {{ ref('met_geography') }}
    group by 1
),

hours as (
    select
        store,
        sum(order_count) as order_count,
        sum(net_sales) as net_sales
    from {{ ref('met_hours') }}
    group by 1
)

select
    days.store,
    days.net_sales,
    places.net_sales as place_net_sales,
    hours.net_sales as hour_net_sales
from days
left join places on days.store = places.store
left join hours on days.store = hours.store
where
    days.order_count <> coalesce(places.order_count, 0)
    or days.net_sales <> coalesce(places.net_sales, 0)
    or days.order_count <> coalesce(hours.order_count, 0)
    or days.net_sales <> coalesce(hours.net_sales, 0)
