with

lines as (
    select * from {{ ref('int_order_lines_priced') }}
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
        sum(weight) over (partition by store, order_id) as total_weight
    from weighed
),

shared as (
    select
        *,
        {{ share_in_cents('discounts_excl_vat', 'weight', 'total_weight') }} as line_share
    from totalled
),

measured as (
    select
        *,
        row_number() over by_weight as weight_rank,
        discounts_excl_vat - sum(line_share) over by_weight as rest
    from shared
    window by_weight as (
        partition by store, order_id
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
