with

orders as (
    select
        *,
        coalesce(stated_discount, 0) as discount,
        coalesce(stated_shipping, 0) as shipping,
        coalesce(stated_fees, 0) as fees
    from {{ ref('stg_cscart__orders') }}
    where not is_deleted
),

vat as (
    select
        store,
        order_id,
        sum(vat_amount) filter (where component = 'goods') as goods_vat,
        sum(vat_amount) filter (where component = 'goods' and not is_in_price) as goods_on_top,
        sum(vat_amount) filter (where component = 'shipping') as shipping_vat,
        sum(vat_amount) filter (where component = 'shipping' and not is_in_price)
            as shipping_on_top,
        sum(vat_amount) filter (where component = 'fees') as fees_vat,
        sum(vat_amount) filter (where component = 'fees' and not is_in_price) as fees_on_top
    from {{ ref('int_cscart__order_vat_parts') }}
    group by 1, 2
),

-- whether prices include VAT is said by each tax; a price list has one way
lines as (
    select
        order_lines.store,
        order_lines.order_id,
        sum(order_lines.stated_amount) as stated_amount,
        sum({{ amount_with_vat(
            'order_lines.stated_amount', 'order_lines.vat_rate', 'coalesce(vat.goods_on_top, 0) = 0', 12
        ) }}) as incl_vat,
        sum({{ amount_without_vat(
            'order_lines.stated_amount', 'order_lines.vat_rate', 'coalesce(vat.goods_on_top, 0) = 0'
        ) }}) as excl_vat
    from {{ ref('int_cscart__order_lines') }} as order_lines
    left join vat
        on
            order_lines.store = vat.store
            and order_lines.order_id = vat.order_id
    where not order_lines.is_deleted
    group by 1, 2
),

-- the goods after discounts, as the shop states their VAT
sold as (
    select
        orders.store,
        orders.order_id,
        orders.discount,
        orders.is_deleted,
        lines.incl_vat as line_incl_vat,
        lines.excl_vat as line_excl_vat,
        coalesce(lines.stated_amount, 0) - orders.discount + coalesce(vat.goods_on_top, 0)
            as incl_vat,
        coalesce(lines.stated_amount, 0) - orders.discount + coalesce(vat.goods_on_top, 0)
        - coalesce(vat.goods_vat, 0) as excl_vat,
        orders.shipping + coalesce(vat.shipping_on_top, 0) as shipping_incl_vat,
        orders.shipping + coalesce(vat.shipping_on_top, 0) - coalesce(vat.shipping_vat, 0)
            as shipping_excl_vat,
        orders.fees + coalesce(vat.fees_on_top, 0) as fees_incl_vat,
        orders.fees + coalesce(vat.fees_on_top, 0) - coalesce(vat.fees_vat, 0) as fees_excl_vat
    from orders
    left join vat
        on
            orders.store = vat.store
            and orders.order_id = vat.order_id
    left join lines
        on
            orders.store = lines.store
            and orders.order_id = lines.order_id
),

-- without a discount the lines are the goods sold, to the cent
parted as (
    select
        *,
        case when discount = 0 then incl_vat else coalesce(line_incl_vat, 0) end as goods_incl_vat,
        case when discount = 0 then excl_vat else coalesce(line_excl_vat, 0) end as goods_excl_vat
    from sold
),

final as (
    select
        store,
        order_id,
        'goods' as component,
        cast(null as decimal(28, 6)) as vat_rate,
        cast(goods_incl_vat as decimal(28, 6)) as amount_incl_vat,
        cast(goods_excl_vat as decimal(28, 6)) as amount_excl_vat,
        is_deleted
    from parted
    where line_incl_vat is not null
    union all
    select
        store,
        order_id,
        'discounts' as component,
        cast(null as decimal(28, 6)) as vat_rate,
        cast(goods_incl_vat - incl_vat as decimal(28, 6)) as amount_incl_vat,
        cast(goods_excl_vat - excl_vat as decimal(28, 6)) as amount_excl_vat,
        is_deleted
    from parted
    union all
    select
        store,
        order_id,
        'shipping' as component,
        cast(null as decimal(28, 6)) as vat_rate,
        cast(shipping_incl_vat as decimal(28, 6)) as amount_incl_vat,
        cast(shipping_excl_vat as decimal(28, 6)) as amount_excl_vat,
        is_deleted
    from parted
    union all
    select
        store,
        order_id,
        'fees' as component,
        cast(null as decimal(28, 6)) as vat_rate,
        cast(fees_incl_vat as decimal(28, 6)) as amount_incl_vat,
        cast(fees_excl_vat as decimal(28, 6)) as amount_excl_vat,
        is_deleted
    from parted
)

select * from final
