-- The RFM segments part a store's buyers: together they are all of them, with all of their net
-- sales, and the shares come to one (but for the rounding of eleven shares).
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
        sum(net_sales_365_days) as net_sales
    from {{ ref('met_customers') }}
    where order_count > 0
    group by 1
)

select
    segments.store,
    segments.customer_count,
    buyers.customer_count as buyer_count,
    segments.customer_share,
    segments.net_sales_share
from segments
left join buyers on segments.store = buyers.store
where
    segments.customer_count <> coalesce(buyers.customer_count, 0)
    or segments.net_sales <> coalesce(buyers.net_sales, 0)
    or abs(segments.customer_share - 1) > 0.001
    or abs(segments.net_sales_share - 1) > 0.001
