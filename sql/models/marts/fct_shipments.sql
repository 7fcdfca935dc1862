with

shipments as (
    select * from {{ staged('shipments') }} as shipments
    where not is_deleted
),

-- whether is_deleted or not: a shipment keeps the carrier it went with
shipping_methods as (
    select * from {{ ref('int_shipping_methods_mapped') }}
),

orders as (
    select * from {{ ref('int_orders_classified') }}
),

stores as (
    select * from {{ stores_and_ends(ref('dim_stores')) }} as stores
),

final as (
    select
        shipments.shipment_key,
        shipments.order_key,
        orders.customer_key,
        shipments.store,
        shipments.platform,
        shipments.shipment_id,
        shipments.order_id,
        shipments.shipping_method_id,
        shipments.external_pickup_point_id,
        shipments.shipment_type,
        shipments.status,
        shipping_methods.shipping_method_name,
        shipping_methods.carrier,
        shipping_methods.fulfilment_method,
        shipments.tracking_code,
        shipments.parcel_count,
        shipments.weight,
        orders.is_counted,
        shipments.created_at,
        shipments.updated_at,
        {{ unless_later('shipments.completed_at') }} as completed_at,
        {{ local_date(unless_later('shipments.completed_at'), 'stores.time_zone') }}
            as completed_date
    from shipments
    left join shipping_methods
        on
            shipments.store = shipping_methods.store
            and shipments.shipping_method_id = shipping_methods.shipping_method_id
    inner join orders
        on
            shipments.store = orders.store
            and shipments.order_id = orders.order_id
    left join stores on shipments.store = stores.store
    where {{ has_begun('shipments.created_at') }}
)

select * from final
