with

order_taxes as (
    select * from {{ ref('stg_cscart__order_taxes') }}
    where not is_deleted
),

parts as (
    select
        order_taxes.store,
        order_taxes.order_id,
        order_taxes.tax_position,
        order_taxes.vat_rate,
        order_taxes.is_in_price,
        split_part(applied.key, '_', 1) as part,
        case
            when applied.key like 'P!_%' escape '!' then substring(applied.key, 3)
        end as order_line_id,
        trim(cast(applied.value as text), '"') as vat_amount
    from order_taxes
    cross join {{ json_members('order_taxes.applied_amounts') }} as applied
),

applied_parts as (
    select
        store,
        order_id,
        tax_position,
        vat_rate,
        is_in_price,
        case part when 'S' then 'shipping' when 'PS' then 'fees' else 'goods' end as component,
        case when order_line_id ~ '^[0-9]{1,18}$' then cast(order_line_id as bigint) end
            as order_line_id,
        cast(vat_amount as decimal(28, 6)) as vat_amount
    from parts
    where part in ('P', 'S', 'PS') and vat_amount ~ '^-?[0-9]{1,12}([.][0-9]+)?$'
),

applied_sums as (
    select
        store,
        order_id,
        tax_position,
        sum(vat_amount) as vat_amount
    from applied_parts
    group by 1, 2, 3
),

-- what a tax does not say it is on, is on the goods
rests as (
    select
        order_taxes.store,
        order_taxes.order_id,
        order_taxes.vat_rate,
        order_taxes.is_in_price,
        cast(
            order_taxes.vat_amount - coalesce(applied_sums.vat_amount, 0) as decimal(28, 6)
        ) as vat_amount
    from order_taxes
    left join applied_sums
        on
            order_taxes.store = applied_sums.store
            and order_taxes.order_id = applied_sums.order_id
            and order_taxes.tax_position = applied_sums.tax_position
),

final as (
    select
        store,
        order_id,
        order_line_id,
        component,
        vat_rate,
        vat_amount,
        is_in_price
    from applied_parts
    union all
    select
        store,
        order_id,
        null as order_line_id,
        'goods' as component,
        vat_rate,
        vat_amount,
        is_in_price
    from rests
    where vat_amount <> 0
)

select * from final
