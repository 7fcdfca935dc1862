with

stores as (
    select * from {{ ref('int_stores_dated') }}
),

final as (
    select
        store,
        platform,
        time_zone,
        currency,
        is_enabled,
        as_of
    from stores
)

select * from final
