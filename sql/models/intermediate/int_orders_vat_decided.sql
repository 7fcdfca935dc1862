with

orders as (
    select * from {{ ref('stg_mycashflow__orders') }}
),

line_sums as (
    select
        order_key,
        sum(stated_amount) as stated_amount,
        sum(abs(stated_amount) * coalesce(vat_rate, 0)) as rate_weight,
        sum(abs(stated_amount)) as weight
    from {{ ref('stg_mycashflow__order_lines') }}
    group by 1
),

order_taxes as (
    select * from {{ ref('int_order_taxes_summed') }}
),

compared as (
    select
        orders.order_key,
        orders.store,
        orders.version_id,
        case
            when
                abs(line_sums.stated_amount - order_taxes.goods_incl_vat)
                < abs(line_sums.stated_amount - order_taxes.goods_excl_vat) then 1
            when
                abs(line_sums.stated_amount - order_taxes.goods_incl_vat)
                > abs(line_sums.stated_amount - order_taxes.goods_excl_vat) then 0
        end as includes_vat_vote,
        {{ ratio('line_sums.rate_weight', 'line_sums.weight', 6) }} as average_vat_rate
    from orders
    left join line_sums on orders.order_key = line_sums.order_key
    left join order_taxes on orders.order_key = order_taxes.order_key
),

final as (
    select
        order_key,
        coalesce(average_vat_rate, 0) as average_vat_rate,
        coalesce(
            includes_vat_vote = 1,
            avg(includes_vat_vote) over (partition by store, version_id) >= 0.5,
            true
        ) as prices_include_vat
    from compared
)

select * from final
