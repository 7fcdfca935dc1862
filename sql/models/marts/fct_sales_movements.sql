with

orders as (
    select * from {{ ref('fct_orders') }}
    where is_counted
),

returned_lines as (
    select * from {{ ref('fct_order_lines') }}
    where is_return
),

movements as (
    select
        order_key as movement_key,
        order_key,
        customer_key,
        store,
        platform,
        'sale' as movement_type,
        currency,
        units,
        gross_sales,
        0 as returns,
        discounts,
        shipping,
        fees,
        tax + returns - returns_excl_vat as tax,
        net_sales + returns_excl_vat as net_sales,
        is_sale,
        is_purchase,
        is_new_customer,
        ordered_date as movement_date
    from orders
    union all
    select
        returned_lines.order_line_key as movement_key,
        returned_lines.order_key,
        orders.customer_key,
        orders.store,
        orders.platform,
        'return' as movement_type,
        orders.currency,
        0 as units,
        0 as gross_sales,
        -returned_lines.amount_incl_vat as returns,
        0 as discounts,
        0 as shipping,
        0 as fees,
        returned_lines.amount_incl_vat - returned_lines.amount_excl_vat as tax,
        returned_lines.amount_excl_vat as net_sales,
        false as is_sale,
        false as is_purchase,
        orders.is_new_customer,
        returned_lines.line_date as movement_date
    from returned_lines
    inner join orders on returned_lines.order_key = orders.order_key
),

final as (
    select
        {{ entity_key(['movement_type', 'movement_key']) }} as sales_movement_key,
        order_key,
        customer_key,
        store,
        platform,
        movement_type,
        currency,
        cast(units as decimal(28, 6)) as units,
        {{ money('gross_sales') }} as gross_sales,
        {{ money('returns') }} as returns,
        {{ money('discounts') }} as discounts,
        {{ money('shipping') }} as shipping,
        {{ money('fees') }} as fees,
        {{ money('tax') }} as tax,
        {{ money('gross_sales - returns - discounts + shipping + fees') }} as total,
        {{ money('net_sales') }} as net_sales,
        is_sale,
        is_purchase,
        is_new_customer,
        movement_date
    from movements
)

select * from final
