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
