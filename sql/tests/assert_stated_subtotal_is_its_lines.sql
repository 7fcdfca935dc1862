-- The subtotal a CS-Cart order states is its lines and the certificates it sold. Anything else is
-- money outside of what we read: an add-on of the shop has put something into the order.
{{ config(severity='warn', enabled='cscart' in var('platforms')) }}

with

items as (
    select
        order_key,
        sum(stated_amount) as stated_amount
    from {{ ref('int_cscart__order_items') }}
    group by 1
)

select
    orders.store,
    orders.order_id,
    orders.stated_subtotal,
    items.stated_amount
from {{ ref('stg_cscart__orders') }} as orders
left join items on orders.order_key = items.order_key
where
    not orders.is_deleted
    and abs(orders.stated_subtotal - coalesce(items.stated_amount, 0)) > 0.05
