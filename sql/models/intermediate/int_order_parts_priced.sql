with

orders as (
    select * from {{ ref('stg_mycashflow__orders') }}
),

vat_bases as (
    select * from {{ ref('int_orders_vat_decided') }}
),

order_taxes as (
    select * from {{ ref('int_order_taxes_summed') }}
),

summarised as (
    select
        order_key,
        {{ discount_sign(
            'goods_incl_vat', 'discounts_incl_vat', 'shipping_incl_vat', 'fees_incl_vat',
            'total_incl_vat'
        ) }} as discount_sign,
        discounts_incl_vat,
        discounts_excl_vat,
        shipping_incl_vat,
        shipping_excl_vat,
        fees_incl_vat,
        fees_excl_vat,
        true as has_tax_summary
    from order_taxes
),

unsummarised as (
    select
        orders.order_key,
        vat_bases.average_vat_rate,
        vat_bases.prices_include_vat,
        coalesce(orders.stated_discount, 0) as discounts,
        coalesce(orders.stated_shipping, 0) as shipping,
        coalesce(orders.stated_fees, 0) as fees,
        orders.stated_subtotal as goods,
        orders.stated_total as total
    from orders
    inner join vat_bases on orders.order_key = vat_bases.order_key
    left join order_taxes on orders.order_key = order_taxes.order_key
    where order_taxes.order_key is null
),

estimated as (
    select
        order_key,
        {{ discount_sign('goods', 'discounts', 'shipping', 'fees', 'total') }} as discount_sign,
        {{ amount_with_vat('discounts', 'average_vat_rate', 'prices_include_vat') }}
            as discounts_incl_vat,
        {{ amount_without_vat('discounts', 'average_vat_rate', 'prices_include_vat') }}
            as discounts_excl_vat,
        {{ amount_with_vat('shipping', 'average_vat_rate', 'prices_include_vat') }}
            as shipping_incl_vat,
        {{ amount_without_vat('shipping', 'average_vat_rate', 'prices_include_vat') }}
            as shipping_excl_vat,
        {{ amount_with_vat('fees', 'average_vat_rate', 'prices_include_vat') }} as fees_incl_vat,
        {{ amount_without_vat('fees', 'average_vat_rate', 'prices_include_vat') }}
            as fees_excl_vat,
        false as has_tax_summary
    from unsummarised
),

unioned as (
    select * from summarised
    union all
    select * from estimated
),

final as (
    select
        order_key,
        discounts_incl_vat * discount_sign as discounts,
        discounts_excl_vat * discount_sign as discounts_excl_vat,
        shipping_incl_vat as shipping,
        shipping_excl_vat,
        fees_incl_vat as fees,
        fees_excl_vat,
        has_tax_summary
    from unioned
)

select * from final
