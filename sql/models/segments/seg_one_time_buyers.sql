with

customers as (
    select * from {{ ref('dim_customers') }}
),

final as (
    select
        store,
        'one_time_buyers' as segment,
        customer_key,
        as_of,
        'only order ' || {{ day_and_age('last_ordered_date', 'as_of') }} as reason
    from customers
    where order_count = 1
)

select * from final
