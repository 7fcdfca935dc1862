with

shipping_methods as (
    select * from {{ ref('int_shipping_methods_mapped') }}
    where fulfilment_method is null and not is_deleted
),

shipments as (
    select
        store,
        shipping_method_id,
        count(*) as shipment_count
    from {{ ref('fct_shipments') }}
    where is_counted
    group by 1, 2
),

final as (
    select
        shipping_methods.store,
        shipping_methods.platform,
        shipping_methods.shipping_method_id,
        shipping_methods.shipping_method_name,
        shipping_methods.carrier,
        coalesce(shipments.shipment_count, 0) as shipment_count
    from shipping_methods
    left join shipments
        on
            shipping_methods.store = shipments.store
            and shipping_methods.shipping_method_id = shipments.shipping_method_id
)

select * from final
