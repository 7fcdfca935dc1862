with

orders as (
    select * from {{ ref('stg_cscart__orders') }}
    where not is_deleted
),

items as (
    select
        store,
        order_id,
        sum(stated_amount) as stated_amount
    from {{ ref('int_cscart__order_items') }}
    group by 1, 2
),

certificates as (
    select
        store,
        order_id,
        sum(used_amount) as used_amount
    from {{ ref('stg_cscart__used_gift_certificates') }}
    where not is_deleted
    group by 1, 2
),

{% set components = ['goods', 'shipping', 'fees'] -%}
taxes as (
    select
        store,
        order_id,
        {%- for component in components %}
            sum(vat_amount) filter (
                where component = '{{ component }}' and is_in_price
            ) as {{ component }}_in_price,
            sum(vat_amount) filter (
                where component = '{{ component }}' and not is_in_price
            ) as {{ component }}_on_top{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_cscart__order_vat_parts') }}
    group by 1, 2
),

-- what all taxes on top, and certificates and points that were used, must come to
sums as (
    select
        taxes.*,
        orders.is_tax_exempt,
        orders.stated_total
        + coalesce(certificates.used_amount, 0)
        + coalesce(orders.stated_points, 0)
        - coalesce(items.stated_amount, 0)
        + coalesce(orders.stated_discount, 0)
        - coalesce(orders.stated_shipping, 0)
        - coalesce(orders.stated_fees, 0) as expected
    from taxes
    inner join orders
        on
            taxes.store = orders.store
            and taxes.order_id = orders.order_id
    left join items
        on
            taxes.store = items.store
            and taxes.order_id = items.order_id
    left join certificates
        on
            taxes.store = certificates.store
            and taxes.order_id = certificates.order_id
),

doubtful as (
    select * from sums
    where
        abs(
            expected
            - coalesce(goods_on_top, 0) - coalesce(shipping_on_top, 0) - coalesce(fees_on_top, 0)
        ) > 0.01
),

modes as (
    {%- for mode in ['stated', 'inside', 'beside', 'exempt', 'lowered'] %}
        {{ 'union all ' if not loop.first -}}
        select
            '{{ mode }}' as mode,
            {{ 0 if mode == 'stated' else 1 }} as changes
    {%- endfor %}
),

-- an exempt buyer's taxes are the same everywhere: not charged, or taken off the price
ways as (
    select
        goods.mode as goods_mode,
        shipping.mode as shipping_mode,
        fees.mode as fees_mode,
        goods.changes * 4 + shipping.changes * 3 + fees.changes * 2 as changes
    from modes as goods
    cross join modes as shipping
    cross join modes as fees
    where
        (
            goods.mode not in ('exempt', 'lowered')
            and shipping.mode not in ('exempt', 'lowered')
            and fees.mode not in ('exempt', 'lowered')
        )
        or (goods.mode = shipping.mode and goods.mode = fees.mode)
),

tried as (
    select
        doubtful.store,
        doubtful.order_id,
        ways.*,
        row_number() over (
            partition by doubtful.store, doubtful.order_id
            order by
                case when ways.goods_mode in ('exempt', 'lowered') then 0 else 1 end asc,
                ways.changes asc,
                ways.goods_mode asc,
                ways.shipping_mode asc,
                ways.fees_mode asc
        ) as preference
    from doubtful
    cross join ways
    where
        abs(
            doubtful.expected
            {%- for component in components %}
                - {{ tax_beside(
                    'ways.' ~ component ~ '_mode', 'doubtful.' ~ component ~ '_in_price',
                    'doubtful.' ~ component ~ '_on_top'
                ) }}
            {%- endfor %}
        ) <= 0.01
        and (doubtful.is_tax_exempt or ways.goods_mode not in ('exempt', 'lowered'))
),

final as (
    {%- for component in components %}
        {{ 'union all ' if not loop.first -}}
        select
            store,
            order_id,
            '{{ component }}' as component,
            {{ component }}_mode as mode
        from tried
        where preference = 1
    {%- endfor %}
)

select * from final
