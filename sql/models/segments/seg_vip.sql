with

buyers as (
    select
        *,
        percent_rank() over (
            partition by store
            order by net_sales_365_days desc
        ) as net_sales_rank
    from {{ ref('met_customers') }}
    where order_count_365_days > 0
),

final as (
    select
        store,
        'vip' as segment,
        customer_key,
        as_of,
        cast(net_sales_365_days as text) || ' ' || currency || ' net sales in 365 days, '
        || {{ orders_in_words('order_count') }} as reason
    from buyers
    where
        net_sales_rank <= {{ var('vip_share') }}
        and order_count >= {{ var('vip_orders') }}
)

select * from final
