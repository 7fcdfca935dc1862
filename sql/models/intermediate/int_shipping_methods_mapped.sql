with

shipping_methods as (
    select
        shipping_method_key,
        store,
        platform,
        shipping_method_id,
        {{ tidy_text('shipping_method_name') }} as shipping_method_name,
        {{ tidy_text('service_provider') }} as carrier,
        is_deleted,
        created_at
    from {{ staged('shipping_methods') }} as shipping_methods
),

stores as (
    select * from {{ stores_and_ends(ref('int_stores_dated')) }} as stores
),

patterns as (
    select
        store,
        {{ tidy_text('pattern') }} as pattern,
        fulfilment_method
    from {{ ref('shipping_method_map') }}
),

matched as (
    select
        shipping_methods.shipping_method_key,
        patterns.fulfilment_method,
        row_number() over (
            partition by shipping_methods.shipping_method_key
            order by
                length(patterns.pattern) desc,
                patterns.store = '*' asc,
                -- a hash, as warehouses do not agree on the order of texts
                md5(lower(patterns.pattern)) asc
        ) as pattern_rank
    from shipping_methods
    inner join patterns
        on
            patterns.store in ('*', shipping_methods.store)
            and {{ matches_pattern('shipping_methods.shipping_method_name', 'patterns.pattern') }}
),

final as (
    select
        shipping_methods.store,
        shipping_methods.platform,
        shipping_methods.shipping_method_id,
        shipping_methods.shipping_method_name,
        shipping_methods.carrier,
        matched.fulfilment_method,
        shipping_methods.is_deleted
    from shipping_methods
    left join matched
        on
            shipping_methods.shipping_method_key = matched.shipping_method_key
            and matched.pattern_rank = 1
    left join stores on shipping_methods.store = stores.store
    where {{ has_begun('shipping_methods.created_at') }}
)

select * from final
