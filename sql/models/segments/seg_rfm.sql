with

customers as (
    select * from {{ ref('met_customers') }}
    where rfm_segment is not null
),

final as (
    select
        store,
        'rfm_' || rfm_segment as segment,
        customer_key,
        as_of,
        case
            when rfm_segment = 'inactive'
                then
                    'last order ' || {{ day_and_age('last_ordered_date', 'as_of') }}
                    || '; ever ' || {{ orders_in_words('order_count') }}
            else
                'R ' || cast(recency_score as text)
                || ', F ' || cast(frequency_score as text)
                || ', M ' || cast(monetary_score as text)
                || ': last order ' || {{ day_and_age('last_ordered_date', 'as_of') }}
                || {{ rfm_window_in_words() }} || {{ orders_in_words(rfm_window('order_count')) }}
                || ', ' || cast({{ rfm_window('net_sales') }} as text) || ' ' || currency
                || ' net sales'
        end as reason
    from customers
)

select * from final
