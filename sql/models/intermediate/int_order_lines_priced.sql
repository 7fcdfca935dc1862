with

lines as (
    select * from {{ ref('stg_mycashflow__order_lines') }}
),

vat_bases as (
    select * from {{ ref('int_orders_vat_decided') }}
),

goods_by_order as (
    select * from {{ ref('int_order_taxes_summed') }}
),

goods_by_rate as (
    select
        order_key,
        vat_rate,
        {{ money('sum(amount_incl_vat)') }} as incl_vat,
        {{ money('sum(amount_excl_vat)') }} as excl_vat
    from {{ ref('stg_mycashflow__order_taxes') }}
    where component = 'goods'
    group by 1, 2
),

rounded as (
    select
        lines.order_line_key,
        lines.order_key,
        lines.vat_rate,
        {{ amount_with_vat(
            'lines.stated_amount', 'lines.vat_rate', 'vat_bases.prices_include_vat'
        ) }} as incl_vat,
        {{ amount_without_vat(
            'lines.stated_amount', 'lines.vat_rate', 'vat_bases.prices_include_vat'
        ) }} as excl_vat,
        row_number() over (
            partition by lines.order_key, lines.vat_rate
            order by abs(lines.stated_amount) desc, lines.order_line_id asc
        ) as rank_in_rate,
        row_number() over (
            partition by lines.order_key
            order by abs(lines.stated_amount) desc, lines.order_line_id asc
        ) as rank_in_order
    from lines
    left join vat_bases on lines.order_key = vat_bases.order_key
),

balanced_by_rate as (
    select
        rounded.order_line_key,
        rounded.order_key,
        rounded.rank_in_order,
        rounded.incl_vat as rounded_incl_vat,
        {{ balanced_amount(
            'rounded.incl_vat', 'goods_by_rate.incl_vat',
            'rounded.order_key, rounded.vat_rate', 'rounded.rank_in_rate'
        ) }} as incl_vat,
        {{ balanced_amount(
            'rounded.excl_vat', 'goods_by_rate.excl_vat',
            'rounded.order_key, rounded.vat_rate', 'rounded.rank_in_rate'
        ) }} as excl_vat
    from rounded
    left join goods_by_rate
        on
            rounded.order_key = goods_by_rate.order_key
            and rounded.vat_rate = goods_by_rate.vat_rate
),

balanced_by_order as (
    select
        balanced_by_rate.order_line_key,
        balanced_by_rate.order_key,
        balanced_by_rate.rounded_incl_vat,
        {{ balanced_amount(
            'balanced_by_rate.incl_vat', 'goods_by_order.goods_incl_vat',
            'balanced_by_rate.order_key', 'balanced_by_rate.rank_in_order'
        ) }} as incl_vat,
        {{ balanced_amount(
            'balanced_by_rate.excl_vat', 'goods_by_order.goods_excl_vat',
            'balanced_by_rate.order_key', 'balanced_by_rate.rank_in_order'
        ) }} as excl_vat
    from balanced_by_rate
    left join goods_by_order on balanced_by_rate.order_key = goods_by_order.order_key
),

final as (
    select
        order_line_key,
        order_key,
        {{ money('incl_vat') }} as amount_incl_vat,
        {{ money('excl_vat') }} as amount_excl_vat,
        {{ money('incl_vat - rounded_incl_vat') }} as remainder_incl_vat
    from balanced_by_order
)

select * from final
