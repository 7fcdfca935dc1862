with

-- is_deleted or not, as in fct_order_lines: the join with vat_bases leaves out deleted orders'
lines as (
    select * from {{ staged('order_lines') }} as order_lines
),

vat_bases as (
    select * from {{ ref('int_orders_vat_decided') }}
),

stores as (
    select * from {{ stores_and_ends(ref('int_stores_dated')) }} as stores
),

order_goods as (
    select * from {{ ref('int_order_taxes_summed') }}
),

rate_goods as (
    select
        store,
        order_id,
        vat_rate,
        sum(amount_incl_vat) as goods_incl_vat,
        sum(amount_excl_vat) as goods_excl_vat
    from {{ staged('order_taxes') }} as order_taxes
    where component = 'goods' and not is_deleted
    group by 1, 2, 3
),

rounded as (
    select
        lines.store,
        lines.order_id,
        lines.order_line_id,
        lines.vat_rate,
        not {{ has_begun('lines.created_at') }} as is_later,
        lines.is_gift_card,
        cast(abs(lines.stated_amount) as double precision) as size,
        coalesce(lines.stated_incl_vat, {{ amount_with_vat(
            'lines.stated_amount', 'lines.vat_rate', 'vat_bases.prices_include_vat', 12
        ) }}) as incl_vat,
        coalesce(lines.stated_excl_vat, {{ amount_without_vat(
            'lines.stated_amount', 'lines.vat_rate', 'vat_bases.prices_include_vat'
        ) }}) as excl_vat,
        rate_goods.goods_incl_vat,
        rate_goods.goods_excl_vat,
        bool_and(rate_goods.vat_rate is not null) over (
            partition by lines.store, lines.order_id
        ) as has_all_rates
    from lines
    inner join vat_bases
        on
            lines.store = vat_bases.store
            and lines.order_id = vat_bases.order_id
    left join rate_goods
        on
            lines.store = rate_goods.store
            and lines.order_id = rate_goods.order_id
            and lines.vat_rate = rate_goods.vat_rate
    left join stores on lines.store = stores.store
),

targeted as (
    select
        rounded.*,
        case when rounded.has_all_rates then rounded.vat_rate end as group_rate,
        case
            when rounded.has_all_rates then rounded.goods_incl_vat
            else order_goods.goods_incl_vat
        end as target_incl_vat,
        case
            when rounded.has_all_rates then rounded.goods_excl_vat
            else order_goods.goods_excl_vat
        end as target_excl_vat
    from rounded
    left join order_goods
        on
            rounded.store = order_goods.store
            and rounded.order_id = order_goods.order_id
),

measured as (
    select
        *,
        row_number() over by_size as size_rank,
        target_incl_vat - sum(incl_vat) over by_size as remainder_incl_vat,
        target_excl_vat - sum(excl_vat) over by_size as remainder_excl_vat
    from targeted
    window by_size as (
        partition by store, order_id, group_rate
        order by is_later asc, size desc, order_line_id asc
        rows between unbounded preceding and unbounded following
    )
),

carried as (
    select
        store,
        order_id,
        order_line_id,
        is_later,
        is_gift_card,
        incl_vat,
        excl_vat,
        case when size_rank = 1 then coalesce(remainder_incl_vat, 0) else 0 end
            as remainder_incl_vat,
        case when size_rank = 1 then coalesce(remainder_excl_vat, 0) else 0 end
            as remainder_excl_vat
    from measured
),

final as (
    select
        store,
        order_id,
        order_line_id,
        {{ money('incl_vat + remainder_incl_vat') }} as amount_incl_vat,
        {{ money('excl_vat + remainder_excl_vat') }} as amount_excl_vat,
        {{ money('remainder_incl_vat') }} as remainder_incl_vat,
        is_later,
        coalesce(is_gift_card, false) as is_gift_card
    from carried
)

select * from final
