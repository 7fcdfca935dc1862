with

customers as (
    select * from {{ ref('met_customers') }}
),

final as (
    select
        store,
        'discount_buyers' as segment,
        customer_key,
        as_of,
        {{ orders_in_words('order_count') }} || ', '
        || {{ share_in_words('discount_share') }} || ' with a discount' as reason
    from customers
    where discount_share >= {{ var('discount_buyer_share') }}
)

select * from final
