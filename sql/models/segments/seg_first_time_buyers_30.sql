with

customers as (
    select * from {{ ref('dim_customers') }}
),

final as (
    select
        store,
        'first_time_buyers_30' as segment,
        customer_key,
        as_of,
        'first order ' || {{ day_and_age('first_ordered_date', 'as_of') }} as reason
    from customers
    where {{ is_within_days('first_ordered_date', var('first_time_buyer_days'), 'as_of') }}
)

select * from final
