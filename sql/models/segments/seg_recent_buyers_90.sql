with

customers as (
    select * from {{ ref('dim_customers') }}
),

final as (
    select
        store,
        'recent_buyers_90' as segment,
        customer_key,
        as_of,
        'last order ' || {{ day_and_age('last_ordered_date', 'as_of') }} as reason
    from customers
    where {{ is_within_days('last_ordered_date', var('recent_buyer_days')[1], 'as_of') }}
)

select * from final
