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
        applied.key = 'P' as is_of_named_lines,
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
        is_of_named_lines,
        case part when 'S' then 'shipping' when 'PS' then 'fees' else 'goods' end as component,
        case when order_line_id ~ '^[0-9]{1,18}$' then cast(order_line_id as bigint) end
            as order_line_id,
        cast(vat_amount as decimal(28, 6)) as vat_amount
    from parts
    where
        part in ('P', 'S', 'PS')
        and vat_amount ~ '^-?[0-9]{1,12}([.][0-9]+)?([eE]-[0-9]{1,2})?$'
),

-- an amount for the lines that the tax names is on each by its size; the largest carries the rest
weighed as (
    select
        applied_parts.store,
        applied_parts.order_id,
        applied_parts.tax_position,
        applied_parts.vat_amount,
        named_lines.order_line_id,
        row_number() over by_size as size_rank,
        {{ share_in_cents(
            'applied_parts.vat_amount', 'named_lines.weight', 'sum(named_lines.weight) over by_size'
        ) }} as line_share
    from applied_parts
    inner join {{ ref('int_cscart__order_taxes_named') }} as named_lines
        on
            applied_parts.store = named_lines.store
            and applied_parts.order_id = named_lines.order_id
            and applied_parts.tax_position = named_lines.tax_position
    where applied_parts.is_of_named_lines
    window by_size as (
        partition by applied_parts.store, applied_parts.order_id, applied_parts.tax_position
        order by named_lines.weight desc, named_lines.order_line_id asc
        rows between unbounded preceding and unbounded following
    )
),

split_parts as (
    select
        *,
        vat_amount - sum(line_share) over (
            partition by store, order_id, tax_position
        ) as rest
    from weighed
),

placed as (
    select
        applied_parts.store,
        applied_parts.order_id,
        applied_parts.tax_position,
        coalesce(applied_parts.order_line_id, split_parts.order_line_id) as order_line_id,
        applied_parts.component,
        applied_parts.vat_rate,
        case
            when split_parts.order_line_id is null then applied_parts.vat_amount
            when split_parts.size_rank = 1 then split_parts.line_share + split_parts.rest
            else split_parts.line_share
        end as vat_amount,
        applied_parts.is_in_price
    from applied_parts
    left join split_parts
        on
            applied_parts.store = split_parts.store
            and applied_parts.order_id = split_parts.order_id
            and applied_parts.tax_position = split_parts.tax_position
            and applied_parts.is_of_named_lines
),

applied_sums as (
    select
        store,
        order_id,
        tax_position,
        sum(vat_amount) as vat_amount
    from placed
    group by 1, 2, 3
),

-- what a tax does not say it is on, is on the goods
rests as (
    select
        order_taxes.store,
        order_taxes.order_id,
        order_taxes.tax_position,
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
        tax_position,
        order_line_id,
        component,
        vat_rate,
        cast(vat_amount as decimal(28, 6)) as vat_amount,
        is_in_price
    from placed
    union all
    select
        store,
        order_id,
        tax_position,
        null as order_line_id,
        'goods' as component,
        vat_rate,
        cast(vat_amount as decimal(28, 6)) as vat_amount,
        is_in_price
    from rests
    where vat_amount <> 0
)

select * from final
