with

stores as (
    select * from {{ ref('stg_ops__stores') }}
),

final as (
    select
        store,
        platform,
        time_zone,
        currency,
        is_enabled,
        {{ as_of_date('time_zone') }} as as_of
    from stores
)

select * from final
