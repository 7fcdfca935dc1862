with

stores as (
    select * from {{ ref('dim_stores') }}
),

segments as (
    select rfm_segment from {{ ref('rfm_segments') }}
    union
    select 'inactive' as rfm_segment
),

-- also those without a segment, in a store that has too few buyers to score
buyers as (
    select
        store,
        rfm_segment,
        count(*) as customer_count,
        sum(net_sales_365_days) as net_sales_365_days
    from {{ ref('met_customers') }}
    where order_count > 0
    group by 1, 2
),

totals as (
    select
        store,
        sum(customer_count) as customer_count,
        sum(net_sales_365_days) as net_sales_365_days
    from buyers
    group by 1
),

-- every segment of every store, so that an empty one is a zero and not a hole
filled as (
    select
        stores.store,
        stores.platform,
        segments.rfm_segment,
        stores.currency,
        coalesce(buyers.customer_count, 0) as customer_count,
        coalesce(buyers.net_sales_365_days, 0) as net_sales_365_days,
        stores.as_of
    from stores
    cross join segments
    left join buyers
        on
            stores.store = buyers.store
            and segments.rfm_segment = buyers.rfm_segment
),

final as (
    select
        filled.store,
        filled.platform,
        filled.rfm_segment,
        filled.currency,
        filled.customer_count,
        {{ ratio('filled.customer_count', 'totals.customer_count', 4) }} as customer_share,
        {{ money_sum('filled.net_sales_365_days') }} as net_sales_365_days,
        {{ ratio('filled.net_sales_365_days', 'totals.net_sales_365_days', 4) }}
            as net_sales_share,
        filled.as_of
    from filled
    left join totals on filled.store = totals.store
)

select * from final
