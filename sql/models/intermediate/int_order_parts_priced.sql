with

-- is_deleted or not, as in fct_order_lines: the join with vat_bases leaves out deleted ones
orders as (
    select
        store,
        platform,
        order_id,
        stated_subtotal,
        coalesce(stated_discount, 0) as stated_discount,
        coalesce(stated_shipping, 0) as stated_shipping,
        coalesce(stated_fees, 0) as stated_fees,
        stated_total
    from {{ staged('orders') }} as orders
),

vat_bases as (
    select * from {{ ref('int_orders_vat_decided') }}
),

order_taxes as (
    select * from {{ ref('int_order_taxes_summed') }}
),

estimated as (
    select
        orders.*,
        vat_bases.prices_include_vat,
        -- the same total if it has VAT and the prices have not, or the other way round
        case
            when vat_bases.prices_include_vat then {{ amount_with_vat(
                'orders.stated_total', 'vat_bases.average_vat_rate', 'false'
            ) }}
            else {{ amount_without_vat(
                'orders.stated_total', 'vat_bases.average_vat_rate', 'true'
            ) }}
        end as other_total,
        {{ amount_with_vat(
            'orders.stated_discount', 'vat_bases.average_vat_rate', 'vat_bases.prices_include_vat'
        ) }} as discounts_incl_vat,
        {{ amount_without_vat(
            'orders.stated_discount', 'vat_bases.average_vat_rate', 'vat_bases.prices_include_vat'
        ) }} as discounts_excl_vat,
        {{ amount_with_vat(
            'orders.stated_shipping', 'vat_bases.average_vat_rate', 'vat_bases.prices_include_vat'
        ) }} as shipping_incl_vat,
        {{ amount_without_vat(
            'orders.stated_shipping', 'vat_bases.average_vat_rate', 'vat_bases.prices_include_vat'
        ) }} as shipping_excl_vat,
        {{ amount_with_vat(
            'orders.stated_fees', 'vat_bases.average_vat_rate', 'vat_bases.prices_include_vat'
        ) }} as fees_incl_vat,
        {{ amount_without_vat(
            'orders.stated_fees', 'vat_bases.average_vat_rate', 'vat_bases.prices_include_vat'
        ) }} as fees_excl_vat
    from orders
    inner join vat_bases
        on
            orders.store = vat_bases.store
            and orders.order_id = vat_bases.order_id
),

chosen as (
    select
        estimated.store,
        estimated.order_id,
        -- CS-Cart takes its discount off, whatever else is in the total
        case
            when estimated.platform = 'cscart' then 1
            when order_taxes.total_incl_vat is not null and order_taxes.goods_incl_vat is not null
                then {{ discount_sign(
                    'order_taxes.goods_incl_vat', 'order_taxes.discounts_incl_vat',
                    'order_taxes.shipping_incl_vat', 'order_taxes.fees_incl_vat',
                    ['order_taxes.total_incl_vat']
                ) }}
            else {{ discount_sign(
                'estimated.stated_subtotal', 'estimated.stated_discount',
                'estimated.stated_shipping', 'estimated.stated_fees',
                ['estimated.stated_total', 'estimated.other_total']
            ) }}
        end as discount_sign,
        coalesce(order_taxes.discounts_incl_vat, estimated.discounts_incl_vat) as discounts,
        coalesce(order_taxes.discounts_excl_vat, estimated.discounts_excl_vat)
            as discounts_excl_vat,
        coalesce(order_taxes.shipping_incl_vat, estimated.shipping_incl_vat) as shipping,
        coalesce(order_taxes.shipping_excl_vat, estimated.shipping_excl_vat) as shipping_excl_vat,
        coalesce(order_taxes.fees_incl_vat, estimated.fees_incl_vat) as fees,
        coalesce(order_taxes.fees_excl_vat, estimated.fees_excl_vat) as fees_excl_vat,
        estimated.prices_include_vat,
        order_taxes.order_id is not null as has_tax_summary
    from estimated
    left join order_taxes
        on
            estimated.store = order_taxes.store
            and estimated.order_id = order_taxes.order_id
),

final as (
    select
        store,
        order_id,
        {{ money('discounts * discount_sign') }} as discounts,
        {{ money('discounts_excl_vat * discount_sign') }} as discounts_excl_vat,
        shipping,
        shipping_excl_vat,
        fees,
        fees_excl_vat,
        prices_include_vat,
        has_tax_summary
    from chosen
)

select * from final
