with

lines as (
    select * from {{ ref('int_order_lines_priced') }}
    where is_later is not true
),

discounted_orders as (
    select
        store,
        order_id,
        discounts_excl_vat
    from {{ ref('int_order_parts_priced') }}
    where discounts_excl_vat <> 0
),

weighed as (
    select
        lines.store,
        lines.order_id,
        lines.order_line_id,
        coalesce(lines.is_gift_card, false) as is_gift_card,
        discounted_orders.discounts_excl_vat,
        -- a discount lowers what was sold; one taken back, what was sent back
        case
            when (lines.amount_excl_vat > 0) = (discounted_orders.discounts_excl_vat > 0)
                then abs(lines.amount_excl_vat)
            else 0
        end as weight
    from lines
    inner join discounted_orders
        on
            lines.store = discounted_orders.store
            and lines.order_id = discounted_orders.order_id
),

totalled as (
    select
        *,
        sum(weight) over (partition by store, order_id, is_gift_card) as total_weight,
        sum(case when is_gift_card then 0 else weight end) over (partition by store, order_id)
            as goods_weight,
        bool_or(is_gift_card) over (partition by store, order_id) as has_gift_cards,
        bool_and(is_gift_card) over (partition by store, order_id) as has_gift_cards_only
    from weighed
),

-- a gift card is worth what it says, so only what the goods cannot carry falls on it
parted as (
    select
        *,
        case
            when has_gift_cards_only or not has_gift_cards then discounts_excl_vat
            when discounts_excl_vat > 0 and is_gift_card
                then greatest(discounts_excl_vat - goods_weight, 0)
            when discounts_excl_vat > 0 then least(discounts_excl_vat, goods_weight)
            when is_gift_card then least(discounts_excl_vat + goods_weight, 0)
            else greatest(discounts_excl_vat, -goods_weight)
        end as part_discount
    from totalled
),

shared as (
    select
        *,
        {{ share_in_cents('part_discount', 'weight', 'total_weight') }} as line_share
    from parted
),

measured as (
    select
        *,
        row_number() over by_weight as weight_rank,
        part_discount - sum(line_share) over by_weight as rest
    from shared
    window by_weight as (
        partition by store, order_id, is_gift_card
        order by weight desc, order_line_id asc
        rows between unbounded preceding and unbounded following
    )
),

final as (
    select
        store,
        order_id,
        order_line_id,
        {{ money('line_share + case when weight_rank = 1 then rest else 0 end') }}
            as discount_share_excl_vat
    from measured
)

select * from final
