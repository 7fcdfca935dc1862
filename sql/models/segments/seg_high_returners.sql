with

customers as (
    select * from {{ ref('met_customers') }}
),

final as (
    select
        store,
        'high_returners' as segment,
        customer_key,
        as_of,
        {{ share_in_words('return_rate') }} || ' of the goods sent back, '
        || {{ orders_in_words('order_count') }} as reason
    from customers
    where
        return_rate >= {{ var('high_returner_share') }}
        and order_count >= {{ var('high_returner_orders') }}
)

select * from final
