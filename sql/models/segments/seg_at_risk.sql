with

customers as (
    select * from {{ ref('met_customers') }}
),

final as (
    select
        store,
        'at_risk' as segment,
        customer_key,
        as_of,
        'last order ' || {{ day_and_age('last_ordered_date', 'as_of') }}
        || ', usual gap ' || cast(median_days_between_orders as text) || ' days' as reason
    from customers
    where
        recency_days >= median_days_between_orders * {{ var('usual_gap_multiples')[0] }}
        and recency_days <= median_days_between_orders * {{ var('usual_gap_multiples')[1] }}
)

select * from final
