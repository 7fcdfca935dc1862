with

orders as (
    select * from {{ ref('fct_orders') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

purchases as (
    select
        orders.store,
        orders.customer_key,
        customers.as_of,
        count(*) as order_count,
        max(orders.ordered_date) as last_ordered_date
    from orders
    inner join customers on orders.customer_key = customers.customer_key
    where
        orders.is_purchase
        and {{ is_within_days(
            'orders.ordered_date', var('frequent_buyer_days'), 'customers.as_of'
        ) }}
    group by 1, 2, 3
),

final as (
    select
        store,
        'frequent_buyers' as segment,
        customer_key,
        as_of,
        cast(order_count as text) || ' orders in {{ var("frequent_buyer_days") }} days, last order '
        || {{ day_and_age('last_ordered_date', 'as_of') }} as reason
    from purchases
    where order_count >= {{ var('frequent_buyer_orders') }}
)

select * from final
