with

lines as (
    select * from {{ ref('stg_cscart__order_lines') }}
    where not is_deleted
),

orders as (
    select * from {{ ref('stg_cscart__orders') }}
    where not is_deleted
),

line_rates as (
    select
        store,
        order_id,
        order_line_id,
        sum(vat_rate) as vat_rate
    from {{ ref('int_cscart__order_vat_parts') }}
    where order_line_id is not null
    group by 1, 2, 3
),

-- what a tax is on
taxed as (
    select
        *,
        {{ quotient('vat_amount', 'vat_rate') }} as taxed_amount
    from {{ ref('int_cscart__order_vat_parts') }}
    where component = 'goods'
),

-- of orders whose taxes name no line
order_rates as (
    select
        store,
        order_id,
        {{ ratio('sum(vat_amount)', 'sum(taxed_amount)', 6) }} as vat_rate
    from taxed
    group by 1, 2
    having bool_and(order_line_id is null)
),

final as (
    select
        lines.order_line_key,
        lines.order_key,
        lines.store,
        lines.platform,
        lines.order_line_id,
        lines.order_id,
        lines.product_id,
        cast(null as bigint) as variation_id,
        cast(null as bigint) as bundle_id,
        cast(null as bigint) as campaign_id,
        cast(null as bigint) as shipment_id,
        lines.product_code,
        lines.product_name,
        cast(null as text) as model_name,
        lines.line_position,
        lines.quantity,
        {{ fitted('coalesce(line_rates.vat_rate, order_rates.vat_rate, 0)') }} as vat_rate,
        lines.unit_price,
        lines.stated_amount,
        cast(null as decimal(18, 6)) as purchase_price,
        lines.is_discounted,
        {{ is_return('lines.unit_price', 'lines.quantity') }} as is_return,
        lines.is_deleted,
        orders.ordered_at as created_at
    from lines
    inner join orders on lines.order_key = orders.order_key
    left join line_rates
        on
            lines.store = line_rates.store
            and lines.order_id = line_rates.order_id
            and lines.order_line_id = line_rates.order_line_id
    left join order_rates
        on
            lines.store = order_rates.store
            and lines.order_id = order_rates.order_id
)

select * from final
