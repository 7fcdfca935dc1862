with

orders as (
    select * from {{ ref('fct_orders') }}
    where is_counted
),

returned_lines as (
    select * from {{ ref('fct_order_lines') }}
    where is_return
),

-- what came back of gift cards is no return of goods
returned_cards as (
    select
        order_key,
        sum(-amount_excl_vat) as returns_excl_vat
    from returned_lines
    where is_gift_card
    group by 1
),

movements as (
    select
        orders.order_key as movement_key,
        orders.order_key,
        orders.customer_key,
        orders.store,
        orders.platform,
        'sale' as movement_type,
        orders.currency,
        orders.units,
        orders.gross_sales,
        0 as returns,
        orders.discounts,
        orders.shipping,
        orders.fees,
        orders.tax + orders.returns - orders.returns_excl_vat as tax,
        orders.net_sales + orders.returns_excl_vat - coalesce(returned_cards.returns_excl_vat, 0)
            as net_sales,
        orders.gift_card_sales + coalesce(returned_cards.returns_excl_vat, 0) as gift_card_sales,
        orders.gross_sales_excl_vat,
        0 as returns_excl_vat,
        orders.discounts_excl_vat,
        orders.shipping_excl_vat,
        orders.fees_excl_vat,
        orders.is_sale,
        orders.is_purchase,
        orders.is_new_customer,
        orders.ordered_date as movement_date
    from orders
    left join returned_cards on orders.order_key = returned_cards.order_key
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
        case when returned_lines.is_gift_card then 0 else returned_lines.amount_excl_vat end
            as net_sales,
        case when returned_lines.is_gift_card then returned_lines.amount_excl_vat else 0 end
            as gift_card_sales,
        0 as gross_sales_excl_vat,
        -returned_lines.amount_excl_vat as returns_excl_vat,
        0 as discounts_excl_vat,
        0 as shipping_excl_vat,
        0 as fees_excl_vat,
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
        {{ money('gift_card_sales') }} as gift_card_sales,
        {{ money('gross_sales_excl_vat') }} as gross_sales_excl_vat,
        {{ money('returns_excl_vat') }} as returns_excl_vat,
        {{ money('discounts_excl_vat') }} as discounts_excl_vat,
        {{ money('shipping_excl_vat') }} as shipping_excl_vat,
        {{ money('fees_excl_vat') }} as fees_excl_vat,
        is_sale,
        is_purchase,
        is_new_customer,
        movement_date
    from movements
)

select * from final
