with

stores as (
    select * from {{ ref('dim_stores') }}
),

members as (
    select * from {{ ref('dim_customers') }}
    where joined_date <= as_of
),

member_sums as (
    select
        store,
        count(*) as member_count,
        count(*) filter (where order_count > 0) as buyer_count,
        sum(last_ordered_date - first_ordered_date) as lifespan_days
    from members
    group by 1
),

purchases as (
    select
        orders.*,
        {{ is_within_days('orders.ordered_date', 30, 'stores.as_of') }} as is_in_30_days,
        {{ is_within_days('orders.ordered_date', 365, 'stores.as_of') }} as is_in_365_days
    from {{ ref('fct_orders') }} as orders
    inner join stores on orders.store = stores.store
    where orders.is_sale and orders.customer_key is not null
),

purchase_sums as (
    select
        store,
        count(*) filter (where is_purchase and is_in_30_days) as order_count_30_days,
        count(distinct customer_key) filter (where is_in_30_days) as buyer_count_30_days,
        sum(total) filter (where is_in_30_days) as order_value_30_days,
        count(*) filter (where is_purchase and is_in_365_days) as order_count_365_days,
        sum(total) filter (where is_in_365_days) as order_value_365_days
    from purchases
    group by 1
),

final as (
    select
        stores.store,
        stores.platform,
        stores.currency,
        stores.as_of,
        stores.last_whole_day,
        coalesce(member_sums.member_count, 0) as member_count,
        coalesce(member_sums.buyer_count, 0) as buyer_count,
        coalesce(purchase_sums.order_count_30_days, 0) as order_count_30_days,
        {{ money_sum('coalesce(purchase_sums.order_value_30_days, 0)') }} as order_value_30_days,
        {{ ratio(
            'purchase_sums.order_value_365_days', 'purchase_sums.order_count_365_days', 2, 28
        ) }} as average_order_value_365_days,
        {{ ratio(
            'purchase_sums.order_count_30_days', 'purchase_sums.buyer_count_30_days', 4
        ) }} as order_frequency_30_days,
        {{ ratio(
            'member_sums.lifespan_days', 'member_sums.buyer_count * 365.25', 4
        ) }} as customer_lifespan_years_buyers,
        {{ ratio(
            'coalesce(member_sums.lifespan_days, 0)', 'member_sums.member_count * 365.25', 4
        ) }} as customer_lifespan_years_members
    from stores
    left join member_sums on stores.store = member_sums.store
    left join purchase_sums on stores.store = purchase_sums.store
)

select * from final
