with

customers as (
    select * from {{ ref('dim_customers') }}
),

final as (
    select
        store,
        'buyers_not_subscribed' as segment,
        customer_key,
        as_of,
        'not subscribed, last order ' || {{ day_and_age('last_ordered_date', 'as_of') }} as reason
    from customers
    where order_count > 0 and not is_subscriber
)

select * from final
