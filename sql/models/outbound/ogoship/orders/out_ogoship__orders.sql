{%- set fields = [
    'reference', 'shippingcode', 'customer__name', 'customer__company', 'customer__address1',
    'customer__zip', 'customer__city', 'customer__countrycode', 'customer__phone',
    'customer__email', 'pickuppointcode', 'pricetotal', 'pricecurrency', 'orderlines',
] -%}

with

orders as (
    select * from {{ ref('fct_orders') }}
),

stores as (
    select * from {{ ref('dim_stores') }}
),

addresses as (
    select
        order_key,
        email_normalised,
        case
            when has_different_shipping_address then shipping_first_name else first_name
        end as first_name,
        case when has_different_shipping_address then shipping_last_name else last_name end
            as last_name,
        case when has_different_shipping_address then shipping_company else company end as company,
        case
            when has_different_shipping_address then shipping_street_address else street_address
        end as street_address,
        case
            when has_different_shipping_address then shipping_postal_code else postal_code
        end as postal_code,
        case when has_different_shipping_address then shipping_city else city end as city,
        case when has_different_shipping_address then shipping_country else country end as country,
        case when has_different_shipping_address then shipping_phone else phone end as phone
    from {{ ref('stg_mycashflow__orders') }}
    where not is_deleted
),

-- whether is_deleted or not: an order keeps the method it was made with
shipping_methods as (
    select * from {{ ref('int_shipping_methods_mapped') }}
),

shipments as (
    select
        order_key,
        max(external_pickup_point_id) as pickup_point_id,
        bool_or(completed_at is not null) as is_shipped
    from {{ ref('fct_shipments') }}
    group by 1
),

lines as (
    select
        order_key,
        case
            when bool_and(product_code is not null)
                then string_agg(
                    product_code || chr(30) || cast(cast(quantity as bigint) as text) || chr(30)
                    || cast({{ ratio('amount_incl_vat', 'quantity', 2, 28) }} as text) || chr(30)
                    || cast(coalesce(vat_rate, 0) as text),
                    chr(31) order by line_position
                )
        end as orderlines
    from {{ ref('fct_order_lines') }}
    where not is_return and quantity > 0
    group by 1
),

mapped as (
    select
        orders.store,
        orders.customer_key,
        replace(orders.store, '_', '-') || '-' || cast(orders.order_id as text) as reference,
        shipping_methods.fulfilment_method as shippingcode,
        addresses.first_name || ' ' || addresses.last_name as customer__name,
        addresses.company as customer__company,
        addresses.street_address as customer__address1,
        addresses.postal_code as customer__zip,
        addresses.city as customer__city,
        addresses.country as customer__countrycode,
        {{ e164('addresses.phone', 'addresses.country') }} as customer__phone,
        addresses.email_normalised as customer__email,
        cast(shipments.pickup_point_id as text) as pickuppointcode,
        cast(orders.total as text) as pricetotal,
        orders.currency as pricecurrency,
        lines.orderlines
    from orders
    inner join stores on orders.store = stores.store
    inner join addresses on orders.order_key = addresses.order_key
    left join shipments on orders.order_key = shipments.order_key
    left join lines on orders.order_key = lines.order_key
    left join shipping_methods
        on
            orders.store = shipping_methods.store
            and orders.shipping_method_id = shipping_methods.shipping_method_id
    where
        orders.is_purchase
        and orders.status not in ('completed', 'shipped')
        and orders.paid >= orders.total
        and orders.ordered_date > stores.as_of - {{ var('ogoship_order_days') }}
        and not coalesce(shipments.is_shipped, false)
),

final as (
    select
        store,
        reference as row_key,
        customer_key,
        {{ payload_hash(fields) }} as payload_hash,
        {{ fields | join(',\n        ') }},
        false as is_update_only
    from mapped
)

select * from final
