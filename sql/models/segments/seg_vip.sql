with

buyers as (
    select
        *,
        percent_rank() over by_money as net_sales_rank,
        count(*) over by_money as level_or_above_count,
        count(*) over (partition by store) as buyer_count
    from {{ ref('met_customers') }}
    where order_count_365_days > 0
    window by_money as (partition by store order by net_sales_365_days desc)
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
        -- of so few buyers no share is anybody; and who is level with most does not stand out
        and buyer_count * {{ var('vip_share') }} >= 0.5
        and level_or_above_count * 2 <= buyer_count
)

select * from final
