with

stores as (
    select * from {{ ref('dim_stores') }}
),

placed as (
    select
        movements.store,
        orders.country,
        {{ upper_text('orders.city') }} as city,
        movements.customer_key,
        movements.net_sales,
        movements.is_purchase
    from {{ ref('fct_sales_movements') }} as movements
    inner join {{ ref('fct_orders') }} as orders on movements.order_key = orders.order_key
    inner join stores on movements.store = stores.store
    where movements.movement_date <= stores.as_of
),

places as (
    select
        store,
        country,
        city,
        count(*) filter (where is_purchase) as order_count,
        count(distinct customer_key) filter (where is_purchase) as customer_count,
        sum(net_sales) as net_sales
    from placed
    group by 1, 2, 3
),

final as (
    select
        places.store,
        stores.platform,
        places.country,
        places.city,
        stores.currency,
        places.order_count,
        places.customer_count,
        {{ money_sum('places.net_sales') }} as net_sales,
        stores.as_of
    from places
    inner join stores on places.store = stores.store
)

select * from final
