-- Every customer who bought is in one cohort, every purchase of somebody in one cell; the newest
-- month of repeat purchases has counted the same people.
with

cohorts as (
    select
        store,
        sum(customer_count) filter (where month_number = 0) as buyer_count,
        sum(order_count) as order_count
    from {{ ref('met_customer_cohorts') }}
    group by 1
),

repeat_purchase as (
    select
        store,
        max(buyer_count) as buyer_count,
        max(repeat_buyer_count) as repeat_buyer_count
    from {{ ref('met_repeat_purchase') }}
    group by 1
),

buyers as (
    select
        store,
        count(*) as buyer_count,
        count(*) filter (where order_count > 1) as repeat_buyer_count,
        sum(order_count) as order_count
    from {{ ref('dim_customers') }}
    where order_count > 0
    group by 1
)

select
    buyers.store,
    buyers.buyer_count,
    cohorts.buyer_count as cohort_buyer_count,
    repeat_purchase.buyer_count as month_buyer_count
from buyers
left join cohorts on buyers.store = cohorts.store
left join repeat_purchase on buyers.store = repeat_purchase.store
where
    buyers.buyer_count <> coalesce(cohorts.buyer_count, 0)
    or buyers.order_count <> coalesce(cohorts.order_count, 0)
    or buyers.buyer_count <> coalesce(repeat_purchase.buyer_count, 0)
    or buyers.repeat_buyer_count <> coalesce(repeat_purchase.repeat_buyer_count, 0)
