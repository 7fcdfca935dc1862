-- Nobody who is new, promising or a champion last bought longer ago than RFM looks back: 365 days,
-- or ever. The days are those of the orders themselves.
with

last_orders as (
    select
        orders.customer_key,
        stores.as_of,
        max(orders.ordered_date) as last_ordered_date
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('dim_stores') }} as stores on orders.store = stores.store
    where orders.is_purchase and orders.ordered_date <= stores.as_of
    group by 1, 2
)

select
    members.customer_key,
    members.segment,
    last_orders.last_ordered_date,
    last_orders.as_of
from {{ ref('segment_members') }} as members
left join last_orders on members.customer_key = last_orders.customer_key
where
    members.segment in ('rfm_new_customers', 'rfm_promising', 'rfm_champions')
    and (
        last_orders.last_ordered_date is null
        {% if not var('rfm_is_lifetime') -%}
            or last_orders.last_ordered_date <= last_orders.as_of - 365
        {%- endif %}
    )
