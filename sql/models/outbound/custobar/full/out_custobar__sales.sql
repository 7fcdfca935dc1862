{%- set fields = [
    'external_id', 'sale_external_id', 'sale_customer_id', 'sale_state', 'sale_shop_id',
    'sale_shipping_method', 'product_id', 'product_sku', 'product_title', 'quantity', 'unit_price',
    'total', 'sale_total', 'sale_discount', 'sale_shipping', 'sale_date',
] -%}

with

lines as (
    select * from {{ ref('fct_order_lines') }}
    where not is_return
),

orders as (
    select * from {{ ref('fct_orders') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

-- whether is_deleted or not: an order keeps the method it was made with
shipping_methods as (
    select * from {{ ref('int_shipping_methods_mapped') }}
),

mapped as (
    select
        lines.store,
        customers.customer_key,
        replace(lines.store, '_', '-') || '-' || cast(lines.order_id as text)
        || '-' || cast(lines.order_line_id as text) as external_id,
        replace(lines.store, '_', '-') || '-' || cast(lines.order_id as text) as sale_external_id,
        {{ custobar_customer_id('customers') }} as sale_customer_id,
        upper(orders.status) as sale_state,
        replace(lines.store, '_', '-') as sale_shop_id,
        shipping_methods.shipping_method_name as sale_shipping_method,
        case when lines.product_id is not null then {{ custobar_product_id('lines') }} end
            as product_id,
        lines.product_code as product_sku,
        lines.product_name as product_title,
        lines.quantity,
        {{ cents(ratio('lines.amount_incl_vat', 'lines.quantity', 2, 28)) }} as unit_price,
        {{ cents('lines.amount_incl_vat') }} as total,
        {{ cents('orders.total') }} as sale_total,
        {{ cents('orders.discounts') }} as sale_discount,
        {{ cents('orders.shipping') }} as sale_shipping,
        {{ iso_moment('orders.ordered_at') }} as sale_date
    from lines
    inner join orders on lines.order_key = orders.order_key
    inner join customers on orders.customer_key = customers.customer_key
    left join shipping_methods
        on
            orders.store = shipping_methods.store
            and orders.shipping_method_id = shipping_methods.shipping_method_id
),

final as (
    select
        store,
        external_id as row_key,
        customer_key,
        {{ payload_hash(fields) }} as payload_hash,
        {{ fields | join(',\n        ') }},
        false as is_update_only
    from mapped
)

select * from final
