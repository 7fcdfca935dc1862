-- Lines plus order level parts are the order: the lines of an order with a tax summary add up to
-- the summary's goods, with and without VAT, lines of after as_of included.
with

lines as (
    select
        store,
        order_id,
        sum(amount_incl_vat) as incl_vat,
        sum(amount_excl_vat) as excl_vat
    from {{ ref('fct_order_lines') }}
    group by 1, 2
),

later as (
    select * from {{ later_lines() }} as later
),

orders as (
    select * from {{ ref('fct_orders') }}
),

order_taxes as (
    select * from {{ ref('int_order_taxes_summed') }}
)

select
    order_taxes.store,
    order_taxes.order_id,
    order_taxes.goods_incl_vat,
    lines.incl_vat,
    order_taxes.goods_excl_vat,
    lines.excl_vat
from order_taxes
inner join orders
    on
        order_taxes.store = orders.store
        and order_taxes.order_id = orders.order_id
left join lines
    on
        order_taxes.store = lines.store
        and order_taxes.order_id = lines.order_id
left join later
    on
        order_taxes.store = later.store
        and order_taxes.order_id = later.order_id
where
    coalesce(order_taxes.goods_incl_vat, 0)
    <> coalesce(lines.incl_vat, 0) + coalesce(later.incl_vat, 0)
    or coalesce(order_taxes.goods_excl_vat, 0)
    <> coalesce(lines.excl_vat, 0) + coalesce(later.excl_vat, 0)
