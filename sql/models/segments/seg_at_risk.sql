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
        || ', usual gap ' || {{ usual_gap_in_words('median_days_between_orders') }} as reason
    from customers
    where {{ is_late('recency_days', 'median_days_between_orders') }}
)

select * from final
