with

source as (
    select * from {{ source('raw_mycashflow', 'orders__shipments') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as shipment_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'mycashflow' as platform,
        id as shipment_id,
        order_id,
        shipping_method_id,
        external_id,
        external_pickup_point_id,

        lower(type) as shipment_type,
        lower(status) as status,
        {{ tidy_text('tracking_code') }} as tracking_code,
        shipping_label_url,

        position as shipment_position,
        weight,
        parcel_count,

        {{ is_deleted('orders', 'order_id') }} as is_deleted,

        created_at,
        updated_at,
        completed_at
    from source
)

select * from renamed
