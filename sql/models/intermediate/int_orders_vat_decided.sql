with

orders as (
    select * from {{ staged('orders') }} as orders
    where not is_deleted and not {{ is_out_of_range() }}
),

stores as (
    select * from {{ stores_and_ends(ref('int_stores_dated')) }} as stores
),

-- the tax summary has no date: it is that of all lines, later ones too
lines as (
    select
        order_lines.store,
        order_lines.order_id,
        sum(order_lines.stated_amount) as stated_amount,
        min(coalesce(order_lines.vat_rate, 0)) filter (
            where order_lines.stated_amount <> 0 and {{ has_begun('order_lines.created_at') }}
        ) as lowest_rate,
        max(coalesce(order_lines.vat_rate, 0)) filter (
            where order_lines.stated_amount <> 0 and {{ has_begun('order_lines.created_at') }}
        ) as highest_rate,
        sum({{ product(
            'abs(order_lines.stated_amount)', 'coalesce(order_lines.vat_rate, 0)', 12
        ) }}) filter (where {{ has_begun('order_lines.created_at') }}) as rate_weight,
        sum(abs(order_lines.stated_amount)) filter (
            where {{ has_begun('order_lines.created_at') }}
        ) as weight
    from {{ staged('order_lines') }} as order_lines
    left join stores on order_lines.store = stores.store
    where not order_lines.is_deleted
    group by 1, 2
),

order_taxes as (
    select * from {{ ref('int_order_taxes_summed') }}
),

compared as (
    select
        orders.store,
        orders.order_id,
        orders.version_id,
        case
            when lines.lowest_rate = lines.highest_rate then lines.lowest_rate
            else {{ ratio('lines.rate_weight', 'lines.weight', 14, 28) }}
        end as average_vat_rate,
        abs(lines.stated_amount - order_taxes.goods_incl_vat) as distance_to_incl_vat,
        abs(lines.stated_amount - order_taxes.goods_excl_vat) as distance_to_excl_vat
    from orders
    left join lines
        on
            orders.store = lines.store
            and orders.order_id = lines.order_id
    left join order_taxes
        on
            orders.store = order_taxes.store
            and orders.order_id = order_taxes.order_id
    left join stores on orders.store = stores.store
    where {{ has_begun('orders.ordered_at') }}
),

judged as (
    select
        *,
        case
            when distance_to_incl_vat < distance_to_excl_vat then 1
            when distance_to_incl_vat > distance_to_excl_vat then 0
        end as vote
    from compared
),

final as (
    select
        store,
        order_id,
        cast(coalesce(average_vat_rate, 0) as decimal(28, 14)) as average_vat_rate,
        coalesce(
            vote = 1,
            avg(vote) over (partition by store, version_id) >= 0.5,
            true
        ) as prices_include_vat
    from judged
)

select * from final
