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
