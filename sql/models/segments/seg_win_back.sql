with

customers as (
    select * from {{ ref('met_customers') }}
),

final as (
    select
        store,
        'win_back' as segment,
        customer_key,
        as_of,
        'last order ' || {{ day_and_age('last_ordered_date', 'as_of') }}
        || ', usual gap ' || {{ usual_gap_in_words('median_days_between_orders') }} as reason
    from customers
    where {{ is_long_overdue('recency_days', 'median_days_between_orders') }}
)

select * from final
