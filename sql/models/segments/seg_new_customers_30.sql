with

customers as (
    select * from {{ ref('dim_customers') }}
),

final as (
    select
        store,
        'new_customers_30' as segment,
        customer_key,
        as_of,
        'registered ' || {{ day_and_age('registered_date', 'as_of') }} as reason
    from customers
    where {{ is_within_days('registered_date', var('new_customer_days'), 'as_of') }}
)

select * from final
