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

taxes as (
    select
        store,
        order_id,
        sum(vat_amount) filter (where component = 'goods' and is_in_price) as goods_in_price,
        sum(vat_amount) filter (where component = 'goods' and not is_in_price) as goods_on_top,
        sum(vat_amount) filter (where component = 'shipping' and is_in_price) as shipping_in_price,
        sum(vat_amount) filter (where component = 'shipping' and not is_in_price)
            as shipping_on_top,
        sum(vat_amount) filter (where component = 'fees' and is_in_price) as fees_in_price,
        sum(vat_amount) filter (where component = 'fees' and not is_in_price) as fees_on_top
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
    select
        'stated' as tax_mode,
        0 as changes
    union all
    select
        'inside' as tax_mode,
        1 as changes
    union all
    select
        'beside' as tax_mode,
        1 as changes
    union all
    select
        'exempt' as tax_mode,
        1 as changes
    union all
    select
        'lowered' as tax_mode,
        1 as changes
),

-- an exempt buyer's taxes are the same everywhere: not charged, or taken off the price
ways as (
    select
        goods.tax_mode as goods_mode,
        shipping.tax_mode as shipping_mode,
        fees.tax_mode as fees_mode,
        goods.changes * 4 + shipping.changes * 3 + fees.changes * 2 as changes
    from modes as goods
    cross join modes as shipping
    cross join modes as fees
    where
        (
            goods.tax_mode not in ('exempt', 'lowered')
            and shipping.tax_mode not in ('exempt', 'lowered')
            and fees.tax_mode not in ('exempt', 'lowered')
        )
        or (goods.tax_mode = shipping.tax_mode and goods.tax_mode = fees.tax_mode)
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
            - {{ tax_beside(
                'ways.goods_mode', 'doubtful.goods_in_price', 'doubtful.goods_on_top'
            ) }}
            - {{ tax_beside(
                'ways.shipping_mode', 'doubtful.shipping_in_price', 'doubtful.shipping_on_top'
            ) }}
            - {{ tax_beside(
                'ways.fees_mode', 'doubtful.fees_in_price', 'doubtful.fees_on_top'
            ) }}
        ) <= 0.01
        and (doubtful.is_tax_exempt or ways.goods_mode not in ('exempt', 'lowered'))
),

final as (
    select
        store,
        order_id,
        'goods' as component,
        goods_mode as tax_mode
    from tried
    where preference = 1
    union all
    select
        store,
        order_id,
        'shipping' as component,
        shipping_mode as tax_mode
    from tried
    where preference = 1
    union all
    select
        store,
        order_id,
        'fees' as component,
        fees_mode as tax_mode
    from tried
    where preference = 1
)

select * from final
