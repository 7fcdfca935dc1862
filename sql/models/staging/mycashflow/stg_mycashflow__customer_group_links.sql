with

source as (
    select * from {{ source('raw_mycashflow', 'customer_groups__customer_links') }}
),

renamed as (
    select
        {{ entity_key(['store', 'customer_group_id', 'position']) }} as customer_group_link_key,
        {{ entity_key(['store', 'customer_group_id']) }} as customer_group_key,
        {{ account_key('store', 'customer_id') }} as customer_key,
        store,
        'mycashflow' as platform,
        customer_group_id,
        customer_id,

        position as link_position,

        {{ is_deleted('customer_groups', 'customer_group_id') }} as is_deleted
    from source
)

select * from renamed
