with

customers as (
    select * from {{ ref('met_customers') }}
),

final as (
    select
        store,
        'full_price_buyers' as segment,
        customer_key,
        as_of,
        {{ orders_in_words('order_count') }} || ', none with a discount' as reason
    from customers
    where discount_share = 0
)

select * from final
