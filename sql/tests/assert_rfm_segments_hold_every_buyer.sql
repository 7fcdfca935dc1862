-- The RFM segments part a store's buyers: together they are all of them, with all of their net
-- sales, and the shares come to one (but for the rounding of twelve shares). Only a store with
-- fewer buyers than are scored leaves those of the window without a segment.
with

segments as (
    select
        store,
        sum(customer_count) as customer_count,
        sum(net_sales_365_days) as net_sales,
        sum(customer_share) as customer_share,
        sum(net_sales_share) as net_sales_share
    from {{ ref('met_rfm_segments') }}
    group by 1
),

buyers as (
    select
        store,
        count(*) as customer_count,
        sum(net_sales_365_days) as net_sales,
        count(*) filter (where {{ rfm_window('order_count') }} > 0) as window_count,
        count(*) filter (where rfm_segment is null) as unnamed_count
    from {{ ref('met_customers') }}
    where order_count > 0
    group by 1
),

compared as (
    select
        segments.*,
        coalesce(buyers.customer_count, 0) as buyer_count,
        coalesce(buyers.net_sales, 0) as buyer_net_sales,
        coalesce(buyers.unnamed_count, 0) as unnamed_count,
        case
            when buyers.window_count < {{ var('rfm_minimum_buyers') }} then buyers.window_count
            else 0
        end as expected_unnamed_count
    from segments
    left join buyers on segments.store = buyers.store
)

select *
from compared
where
    customer_count + unnamed_count <> buyer_count
    or unnamed_count <> coalesce(expected_unnamed_count, 0)
    or (
        unnamed_count = 0
        and (
            net_sales <> buyer_net_sales
            or abs(customer_share - 1) > 0.001
            or abs(net_sales_share - 1) > 0.001
        )
    )
