with

source as (
    select * from {{ source('raw_mycashflow', 'orders__shipments__documents') }}
),

renamed as (
    select
        {{ entity_key(['store', 'order_id', 'parent_position', 'position']) }}
            as shipment_document_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'mycashflow' as platform,
        order_id,

        lower(type) as document_type,
        url as document_url,

        parent_position as shipment_position,
        position as document_position,

        {{ is_deleted('orders', 'order_id') }} as is_deleted
    from source
)

select * from renamed
