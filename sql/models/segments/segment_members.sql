with

unioned as (
    select * from {{ ref('seg_new_customers_30') }}
    union all
    select * from {{ ref('seg_recent_buyers_30') }}
    union all
    select * from {{ ref('seg_recent_buyers_90') }}
    union all
    select * from {{ ref('seg_non_buyers_30') }}
    union all
    select * from {{ ref('seg_non_buyers_90') }}
    union all
    select * from {{ ref('seg_frequent_buyers') }}
    union all
    select * from {{ ref('seg_lapsed_customers') }}
    union all
    select * from {{ ref('seg_first_time_buyers_30') }}
    union all
    select * from {{ ref('seg_one_time_buyers') }}
    union all
    select * from {{ ref('seg_repeat_customers') }}
    union all
    select * from {{ ref('seg_subscribers_never_bought') }}
    union all
    select * from {{ ref('seg_buyers_not_subscribed') }}
    union all
    select * from {{ ref('seg_business_customers') }}
    union all
    select * from {{ ref('seg_multi_store_customers') }}
    union all
    select * from {{ ref('seg_vip') }}
    union all
    select * from {{ ref('seg_at_risk') }}
    union all
    select * from {{ ref('seg_win_back') }}
    union all
    select * from {{ ref('seg_discount_buyers') }}
    union all
    select * from {{ ref('seg_full_price_buyers') }}
    union all
    select * from {{ ref('seg_big_spenders') }}
    union all
    select * from {{ ref('seg_high_returners') }}
    union all
    select * from {{ ref('seg_unsubscribed_vip') }}
    union all
    select * from {{ ref('seg_second_order_due') }}
    union all
    select * from {{ ref('seg_rfm') }}
),

final as (
    select
        store,
        segment,
        customer_key,
        as_of,
        reason
    from unioned
)

select * from final
