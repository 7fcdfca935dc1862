-- The days of a store up to as_of hold every movement and every purchase up to as_of, once.
with

days as (
    select
        store,
        sum(order_count) as order_count,
        sum(total) as total,
        sum(tax) as tax,
        sum(net_sales) as net_sales,
        sum(gift_card_sales) as gift_card_sales
    from {{ ref('met_sales_daily') }}
    group by 1
),

movements as (
    select
        movements.store,
        count(*) filter (where movements.is_purchase) as order_count,
        sum(movements.total) as total,
        sum(movements.tax) as tax,
        sum(movements.net_sales) as net_sales,
        sum(movements.gift_card_sales) as gift_card_sales
    from {{ ref('fct_sales_movements') }} as movements
    inner join {{ ref('dim_stores') }} as stores on movements.store = stores.store
    where movements.movement_date <= stores.as_of
    group by 1
)

select
    movements.store,
    movements.total as moved_total,
    days.total
from movements
left join days on movements.store = days.store
where
    movements.order_count <> coalesce(days.order_count, 0)
    or movements.total <> coalesce(days.total, 0)
    or movements.tax <> coalesce(days.tax, 0)
    or movements.net_sales <> coalesce(days.net_sales, 0)
    or movements.gift_card_sales <> coalesce(days.gift_card_sales, 0)
