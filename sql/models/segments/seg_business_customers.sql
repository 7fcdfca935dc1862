with

customers as (
    select * from {{ ref('dim_customers') }}
),

final as (
    select
        store,
        'business_customers' as segment,
        customer_key,
        as_of,
        'company, ' || coalesce(
            'last order ' || {{ day_and_age('last_ordered_date', 'as_of') }},
            'never ordered'
        ) as reason
    from customers
    where is_business and joined_date <= as_of
)

select * from final
