with

-- is_deleted or not, as in fct_order_lines: the join with sequence leaves out deleted ones
orders as (
    select * from {{ staged('orders') }} as orders
),

sequence as (
    select * from {{ ref('int_orders_sequenced') }}
),

parts as (
    select * from {{ ref('int_order_parts_priced') }}
),

stores as (
    select * from {{ stores_and_ends(ref('dim_stores')) }} as stores
),

lines as (
    select
        store,
        order_id,
        sum(amount_incl_vat) filter (where not is_return) as gross_sales,
        sum(amount_excl_vat) filter (where not is_return) as gross_sales_excl_vat,
        sum(-amount_incl_vat) filter (where is_return) as returns,
        sum(-amount_excl_vat) filter (where is_return) as returns_excl_vat,
        sum(gift_card_sales) as gift_card_sales,
        bool_or(is_discounted and not is_return) as has_lowered_price
    from {{ ref('fct_order_lines') }}
    group by 1, 2
),

payments as (
    select
        store,
        order_id,
        sum(paid) as paid,
        sum(refunded) as refunded
    from {{ ref('fct_payments') }}
    group by 1, 2
),

amounts as (
    select
        parts.*,
        coalesce(lines.gross_sales, 0) as gross_sales,
        coalesce(lines.gross_sales_excl_vat, 0) as gross_sales_excl_vat,
        coalesce(lines.returns, 0) as returns,
        coalesce(lines.returns_excl_vat, 0) as returns_excl_vat,
        coalesce(lines.gift_card_sales, 0) as gift_card_sales,
        parts.discounts > 0 or coalesce(lines.has_lowered_price, false) as is_discounted
    from parts
    left join lines
        on
            parts.store = lines.store
            and parts.order_id = lines.order_id
),

economics as (
    select
        *,
        gross_sales - returns - discounts + shipping + fees as total,
        gross_sales_excl_vat - returns_excl_vat - discounts_excl_vat - gift_card_sales as net_sales
    from amounts
),

final as (
    select
        orders.order_key,
        sequence.customer_key,
        orders.store,
        orders.platform,
        orders.order_id,
        sequence.purchase_id,
        orders.version_id,
        orders.shipping_method_id,
        orders.payment_method_id,
        orders.status,
        orders.language,
        orders.country,
        orders.city,
        stores.currency,
        sequence.customer_order_number,
        sequence.days_since_previous_order,
        sequence.line_count,
        sequence.units,
        {{ money('economics.gross_sales') }} as gross_sales,
        {{ money('economics.returns') }} as returns,
        {{ money('economics.discounts') }} as discounts,
        {{ money('economics.shipping') }} as shipping,
        {{ money('economics.fees') }} as fees,
        {{ money(
            'economics.total - economics.net_sales - economics.gift_card_sales'
            ' - economics.shipping_excl_vat - economics.fees_excl_vat'
        ) }} as tax,
        {{ money('economics.total') }} as total,
        {{ money('economics.net_sales') }} as net_sales,
        {{ money('economics.gift_card_sales') }} as gift_card_sales,
        {{ money('economics.gross_sales_excl_vat') }} as gross_sales_excl_vat,
        {{ money('economics.returns_excl_vat') }} as returns_excl_vat,
        {{ money('economics.discounts_excl_vat') }} as discounts_excl_vat,
        {{ money('economics.shipping_excl_vat') }} as shipping_excl_vat,
        {{ money('economics.fees_excl_vat') }} as fees_excl_vat,
        {{ money('orders.stated_total') }} as platform_total,
        {{ money('coalesce(payments.paid, 0)') }} as paid,
        {{ money('coalesce(payments.refunded, 0)') }} as refunded,
        sequence.is_counted,
        sequence.is_cancelled,
        sequence.is_return_order,
        sequence.is_sale,
        sequence.is_purchase,
        sequence.is_first_order,
        sequence.is_new_customer,
        economics.is_discounted,
        economics.prices_include_vat,
        economics.has_tax_summary,
        coalesce(orders.company, orders.vat_code) is not null as has_company,
        orders.ordered_at,
        sequence.ordered_date,
        orders.updated_at,
        {{ unless_later('orders.archived_at') }} as archived_at
    from orders
    inner join sequence
        on
            orders.store = sequence.store
            and orders.order_id = sequence.order_id
    left join economics
        on
            orders.store = economics.store
            and orders.order_id = economics.order_id
    left join payments
        on
            orders.store = payments.store
            and orders.order_id = payments.order_id
    left join stores on orders.store = stores.store
)

select * from final
