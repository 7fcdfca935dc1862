with

items as (
    select
        store,
        order_id,
        order_line_id,
        greatest(stated_amount, 0) as weight,
        is_own_line,
        bool_or(is_own_line) over (partition by store, order_id) as has_own_lines
    from {{ ref('int_cscart__order_items') }}
    where not is_returned_product
),

vat_parts as (
    select * from {{ goods_vat_parts() }} as vat_parts
),

named_lines as (
    select distinct
        store,
        order_id,
        tax_position,
        order_line_id
    from vat_parts
    where order_line_id is not null
),

unplaced as (
    select
        store,
        order_id,
        tax_position,
        is_in_price,
        is_named,
        not is_named and bool_and(vat_rate is null) as is_fixed,
        sum(vat_amount) as vat_amount
    from vat_parts
    where order_line_id is null
    group by 1, 2, 3, 4, 5
),

-- a tax that names no line is on all goods by their size, and a cent that is on none on its lines
weighed as (
    select
        unplaced.store,
        unplaced.order_id,
        unplaced.tax_position,
        unplaced.vat_amount,
        unplaced.is_in_price,
        unplaced.is_fixed,
        items.order_line_id,
        row_number() over by_size as size_rank,
        {{ share_in_cents(
            'unplaced.vat_amount', 'items.weight', 'sum(items.weight) over by_size'
        ) }} as line_share
    from unplaced
    inner join items
        on
            unplaced.store = items.store
            and unplaced.order_id = items.order_id
            and (items.is_own_line or not items.has_own_lines)
    left join named_lines
        on
            unplaced.store = named_lines.store
            and unplaced.order_id = named_lines.order_id
            and unplaced.tax_position = named_lines.tax_position
            and items.order_line_id = named_lines.order_line_id
    where not unplaced.is_named or named_lines.order_line_id is not null
    window by_size as (
        partition by unplaced.store, unplaced.order_id, unplaced.tax_position
        order by items.weight desc, items.order_line_id asc
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

line_parts as (
    select
        store,
        order_id,
        order_line_id,
        vat_rate,
        vat_amount,
        is_in_price,
        vat_rate is null as is_fixed
    from vat_parts
    where order_line_id is not null
    union all
    select
        store,
        order_id,
        order_line_id,
        null as vat_rate,
        line_share + case when size_rank = 1 then rest else 0 end as vat_amount,
        is_in_price,
        is_fixed
    from split_parts
),

-- a tax that comes to nothing on a line, where another comes to something, is not on it
rated as (
    select
        *,
        vat_amount <> 0 or not bool_or(vat_amount <> 0 and vat_rate is not null) over (
            partition by store, order_id, order_line_id
        ) as has_rate
    from line_parts
),

final as (
    select
        store,
        order_id,
        order_line_id,
        cast(sum(vat_rate) filter (where has_rate and is_in_price) as decimal(28, 6))
            as rate_in_price,
        cast(sum(vat_rate) filter (where has_rate and not is_in_price) as decimal(28, 6))
            as rate_on_top,
        cast(sum(vat_amount) filter (where is_in_price) as decimal(28, 6))
            as vat_in_price,
        cast(sum(vat_amount) filter (where not is_in_price) as decimal(28, 6))
            as vat_on_top,
        cast(sum(vat_amount) filter (where is_in_price and is_fixed) as decimal(28, 6))
            as fixed_in_price,
        cast(sum(vat_amount) filter (where not is_in_price and is_fixed) as decimal(28, 6))
            as fixed_on_top
    from rated
    group by 1, 2, 3
)

select * from final
