-- An order's sale and its returns, each on its own day, are the order again.
with

movements as (
    select
        order_key,
        sum(total) as total,
        sum(tax) as tax,
        sum(net_sales) as net_sales,
        sum(gift_card_sales) as gift_card_sales
    from {{ ref('fct_sales_movements') }}
    group by 1
)

select
    orders.order_key,
    orders.total,
    movements.total as moved_total
from {{ ref('fct_orders') }} as orders
left join movements on orders.order_key = movements.order_key
where
    orders.is_counted
    and (
        orders.total <> coalesce(movements.total, 0)
        or orders.tax <> coalesce(movements.tax, 0)
        or orders.net_sales <> coalesce(movements.net_sales, 0)
        or orders.gift_card_sales <> coalesce(movements.gift_card_sales, 0)
    )
