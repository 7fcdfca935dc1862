with

customers as (
    select * from {{ ref('dim_customers') }}
),

final as (
    select
        store,
        'non_buyers_90' as segment,
        customer_key,
        as_of,
        coalesce(
            'last order ' || {{ day_and_age('last_ordered_date', 'as_of') }},
            'never ordered'
        ) as reason
    from customers
    where
        joined_date <= as_of
        and {{ is_within_days(
            'last_ordered_date', var('recent_buyer_days')[1], 'as_of'
        ) }} is not true
)

select * from final
