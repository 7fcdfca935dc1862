-- The name of an RFM segment says nothing of a customer that is not so: by the days since the last
-- order, by the number of orders, and beside the lifecycle stage.
with

customers as (
    select
        *,
        {{ rfm_window('order_count') }} as order_count_in_window
    from {{ ref('met_customers') }}
    where rfm_segment is not null
),

untrue as (
    select
        customer_key,
        rfm_segment,
        case
            when order_count = 0 then 'never bought'
            when (rfm_segment = 'inactive') <> (order_count_in_window = 0)
                then 'inactive is who did not buy in the window, and nobody else'
            when (rfm_segment = 'inactive') <> (recency_score is null)
                then 'scored is who is not inactive, and nobody else'
            when
                rfm_segment in (
                    'champions', 'loyal', 'potential_loyalist', 'new_customers', 'promising',
                    'need_attention'
                )
                and lifecycle_stage = 'lapsed'
                then 'bought lately, and lapsed'
            when
                rfm_segment in (
                    'about_to_sleep', 'at_risk', 'cannot_lose_them', 'hibernating', 'lost'
                )
                and lifecycle_stage in ('new', 'active')
                then 'has been away, and is active'
            when rfm_segment in ('champions', 'loyal') and order_count_in_window < 2
                then 'often, and once'
            when
                rfm_segment = 'new_customers'
                and order_count > {{ var('rfm_new_customer_orders') }}
                then 'new, and bought before'
            when
                rfm_segment not in ('new_customers', 'inactive')
                and lifecycle_stage = 'new' and order_count = 1
                then 'not new, and just bought for the first time'
        end as untruth
    from customers
)

select * from untrue
where untruth is not null
