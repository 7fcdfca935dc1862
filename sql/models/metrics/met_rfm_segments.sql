with

stores as (
    select * from {{ ref('dim_stores') }}
),

segments as (
    select distinct rfm_segment
    from {{ ref('rfm_segments') }}
),

customers as (
    select
        store,
        rfm_segment,
        count(*) as customer_count,
        sum(net_sales_365_days) as net_sales_365_days
    from {{ ref('met_customers') }}
    where rfm_segment is not null
    group by 1, 2
),

-- every segment of every store, so that an empty one is a zero and not a hole
filled as (
    select
        stores.store,
        stores.platform,
        segments.rfm_segment,
        stores.currency,
        coalesce(customers.customer_count, 0) as customer_count,
        coalesce(customers.net_sales_365_days, 0) as net_sales_365_days,
        stores.as_of
    from stores
    cross join segments
    left join customers
        on
            stores.store = customers.store
            and segments.rfm_segment = customers.rfm_segment
),

final as (
    select
        store,
        platform,
        rfm_segment,
        currency,
        customer_count,
        {{ ratio('customer_count', 'sum(customer_count) over (partition by store)', 4) }}
            as customer_share,
        {{ money_sum('net_sales_365_days') }} as net_sales_365_days,
        {{ ratio('net_sales_365_days', 'sum(net_sales_365_days) over (partition by store)', 4) }}
            as net_sales_share,
        as_of
    from filled
)

select * from final
