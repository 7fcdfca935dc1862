with

customers as (
    select * from {{ ref('dim_customers') }}
),

final as (
    select
        store,
        'lapsed_customers' as segment,
        customer_key,
        as_of,
        'last order ' || {{ day_and_age('last_ordered_date', 'as_of') }} as reason
    from customers
    where last_ordered_date <= as_of - {{ var('lapsed_customer_days') }}
)

select * from final
