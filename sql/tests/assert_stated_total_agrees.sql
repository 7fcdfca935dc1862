-- The total an order states is ours, with VAT or (in versions that price net) without; where cards
-- and points that it was paid with are told apart, it is what they leave. Our numbers come from the
-- tax summary, so a difference is odd, not wrong.
{{ config(severity='warn') }}

with

used as (
    select
        order_key,
        sum(amount) as amount
    from {{ ref('fct_payments') }}
    where payment_type is not null
    group by 1
)

select
    orders.store,
    orders.order_id,
    orders.total,
    orders.tax,
    stated.stated_total
from {{ ref('fct_orders') }} as orders
inner join {{ staged('orders') }} as stated on orders.order_key = stated.order_key
left join used on orders.order_key = used.order_key
left join {{ later_lines() }} as later
    on
        orders.store = later.store
        and orders.order_id = later.order_id
where
    orders.is_counted
    -- a line of after as_of is in what is stated
    and later.order_id is null
    and abs(stated.stated_total - orders.total) > 0.05
    and abs(stated.stated_total - orders.total + coalesce(used.amount, 0)) > 0.05
    and abs(stated.stated_total - orders.total + orders.tax) > 0.05
