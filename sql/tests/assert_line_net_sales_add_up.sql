-- Net sales are the same whether orders, lines or products are asked: the lines of an order come to
-- the order, the products of a store to its lines up to as_of.
with

lines as (
    select
        store,
        order_id,
        sum(net_sales) as net_sales
    from {{ ref('fct_order_lines') }}
    group by 1, 2
),

store_lines as (
    select
        order_lines.store,
        sum(order_lines.net_sales) as net_sales
    from {{ ref('fct_order_lines') }} as order_lines
    inner join {{ ref('dim_stores') }} as stores on order_lines.store = stores.store
    where order_lines.is_counted and order_lines.line_date <= stores.as_of
    group by 1
),

products as (
    select
        store,
        sum(net_sales) as net_sales
    from {{ ref('met_products') }}
    group by 1
)

select
    orders.store,
    orders.order_id,
    orders.net_sales,
    lines.net_sales as line_net_sales
from {{ ref('fct_orders') }} as orders
inner join lines
    on
        orders.store = lines.store
        and orders.order_id = lines.order_id
where orders.net_sales <> lines.net_sales
union all
select
    store_lines.store,
    null as order_id,
    products.net_sales,
    store_lines.net_sales as line_net_sales
from store_lines
left join products on store_lines.store = products.store
where store_lines.net_sales <> coalesce(products.net_sales, 0)
