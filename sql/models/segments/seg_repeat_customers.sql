with

customers as (
    select * from {{ ref('dim_customers') }}
),

final as (
    select
        store,
        'repeat_customers' as segment,
        customer_key,
        as_of,
        cast(order_count as text) || ' orders, last order '
        || {{ day_and_age('last_ordered_date', 'as_of') }} as reason
    from customers
    where order_count >= 2
)

select * from final
