with

-- is_deleted or not: the join with orders leaves out the lines of deleted ones. DuckDB would take a
-- filter to leave a fifth of the rows, and put these, the wide ones, into its hash table.
lines as (
    select * from {{ staged('order_lines') }} as order_lines
),

prices as (
    select * from {{ ref('int_order_lines_priced') }}
),

discounts as (
    select * from {{ ref('int_order_lines_discounted') }}
),

orders as (
    select * from {{ ref('int_orders_classified') }}
),

stores as (
    select * from {{ stores_and_ends(ref('dim_stores')) }} as stores
),

final as (
    select
        lines.order_line_key,
        lines.order_key,
        orders.customer_key,
        {{ product_variation_key('lines.store', 'lines.product_id', 'lines.variation_id') }}
            as product_variation_key,
        lines.store,
        lines.platform,
        lines.order_line_id,
        lines.order_id,
        orders.purchase_id,
        lines.product_id,
        lines.variation_id,
        lines.bundle_id,
        lines.campaign_id,
        lines.shipment_id,
        lines.product_code,
        lines.product_name,
        lines.model_name,
        stores.currency,
        lines.line_position,
        lines.quantity,
        lines.vat_rate,
        lines.unit_price,
        lines.purchase_price,
        prices.amount_incl_vat,
        prices.amount_excl_vat,
        prices.remainder_incl_vat,
        {{ money('coalesce(discounts.discount_share_excl_vat, 0)') }} as discount_share_excl_vat,
        {{ money(
            'case when prices.is_gift_card then 0'
            ' else prices.amount_excl_vat - coalesce(discounts.discount_share_excl_vat, 0) end'
        ) }} as net_sales,
        {{ money(
            'case when prices.is_gift_card'
            ' then prices.amount_excl_vat - coalesce(discounts.discount_share_excl_vat, 0) else 0 end'
        ) }} as gift_card_sales,
        lines.is_discounted,
        lines.is_return,
        coalesce(prices.is_gift_card, false) as is_gift_card,
        orders.is_counted,
        lines.created_at,
        case
            when lines.is_return
                then coalesce(
                    {{ local_date('lines.created_at', 'stores.time_zone') }}, orders.ordered_date
                )
            else orders.ordered_date
        end as line_date
    from lines
    left join prices
        on
            lines.store = prices.store
            and lines.order_id = prices.order_id
            and lines.order_line_id = prices.order_line_id
    left join discounts
        on
            lines.store = discounts.store
            and lines.order_id = discounts.order_id
            and lines.order_line_id = discounts.order_line_id
    inner join orders
        on
            lines.store = orders.store
            and lines.order_id = orders.order_id
    left join stores on lines.store = stores.store
    where {{ has_begun('lines.created_at') }}
)

select * from final
