with

order_taxes as (
    select * from {{ staged('order_taxes') }} as order_taxes
    where not is_deleted and not {{ is_out_of_range() }}
),

summed as (
    select
        store,
        order_id,
        sum(amount_incl_vat) filter (where component = 'goods') as goods_incl_vat,
        sum(amount_excl_vat) filter (where component = 'goods') as goods_excl_vat,
        sum(amount_incl_vat) filter (where component = 'discounts') as discounts_incl_vat,
        sum(amount_excl_vat) filter (where component = 'discounts') as discounts_excl_vat,
        sum(amount_incl_vat) filter (where component = 'shipping') as shipping_incl_vat,
        sum(amount_excl_vat) filter (where component = 'shipping') as shipping_excl_vat,
        sum(amount_incl_vat) filter (where component = 'fees') as fees_incl_vat,
        sum(amount_excl_vat) filter (where component = 'fees') as fees_excl_vat,
        sum(amount_incl_vat) filter (where component = 'total') as total_incl_vat
    from order_taxes
    group by 1, 2
),

final as (
    select
        store,
        order_id,
        {{ money('goods_incl_vat') }} as goods_incl_vat,
        {{ money('goods_excl_vat') }} as goods_excl_vat,
        {{ money('coalesce(discounts_incl_vat, 0)') }} as discounts_incl_vat,
        {{ money('coalesce(discounts_excl_vat, 0)') }} as discounts_excl_vat,
        {{ money('coalesce(shipping_incl_vat, 0)') }} as shipping_incl_vat,
        {{ money('coalesce(shipping_excl_vat, 0)') }} as shipping_excl_vat,
        {{ money('coalesce(fees_incl_vat, 0)') }} as fees_incl_vat,
        {{ money('coalesce(fees_excl_vat, 0)') }} as fees_excl_vat,
        {{ money('total_incl_vat') }} as total_incl_vat
    from summed
)

select * from final
