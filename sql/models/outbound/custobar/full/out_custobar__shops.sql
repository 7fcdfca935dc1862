{%- set fields = ['external_id', 'name', 'shop_type'] -%}

with

mapped as (
    select
        store,
        replace(store, '_', '-') as external_id,
        store as name,
        'online' as shop_type
    from {{ ref('dim_stores') }}
    where is_enabled
),

final as (
    select
        store,
        external_id as row_key,
        cast(null as text) as customer_key,
        {{ payload_hash(fields) }} as payload_hash,
        {{ fields | join(',\n        ') }},
        false as is_update_only
    from mapped
)

select * from final
