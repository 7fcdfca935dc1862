with

source as (
    select * from {{ source('raw_cscart', 'shipments') }}
),

renamed as (
    select
        {{ entity_key(['store', 'shipment_id']) }} as shipment_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'cscart' as platform,
        shipment_id,
        order_id,
        nullif(shipping_id, 0) as shipping_method_id,
        cast(null as text) as external_pickup_point_id,

        cast(null as text) as shipment_type,
        lower(status) as status,
        {{ tidy_text('tracking_number') }} as tracking_code,

        cast(null as decimal(18, 6)) as weight,
        cast(null as bigint) as parcel_count,

        {{ is_deleted('shipments', 'shipment_id') }}
        or {{ is_deleted('orders', 'order_id') }} as is_deleted,

        shipment_timestamp as created_at,
        cast(null as timestamp with time zone) as updated_at,
        shipment_timestamp as completed_at
    from source
)

select * from renamed
