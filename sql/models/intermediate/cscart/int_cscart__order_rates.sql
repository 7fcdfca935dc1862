with

vat_parts as (
    select * from {{ goods_vat_parts() }} as vat_parts
),

named_lines as (
    select distinct
        store,
        order_id,
        order_line_id
    from vat_parts
    where order_line_id is not null
),

discounts as (
    select
        store,
        order_id,
        coalesce(stated_discount, 0) as discount
    from {{ ref('stg_cscart__orders') }}
    where not is_deleted
),

-- the lines that no tax names
goods as (
    select
        items.store,
        items.order_id,
        sum(items.stated_amount) as stated_amount
    from {{ ref('int_cscart__order_items') }} as items
    left join named_lines
        on
            items.store = named_lines.store
            and items.order_id = named_lines.order_id
            and items.order_line_id = named_lines.order_line_id
    where
        named_lines.order_line_id is null
        and items.is_own_line
    group by 1, 2
),

taxes as (
    select
        store,
        order_id,
        min(vat_rate) as lowest_rate,
        max(vat_rate) as highest_rate,
        coalesce(sum(vat_rate) filter (where is_in_price), 0) as rate_in_price,
        coalesce(sum(vat_rate) filter (where not is_in_price), 0) as rate_on_top,
        coalesce(sum(vat_amount) filter (where is_in_price), 0) as vat_in_price,
        coalesce(sum(vat_amount) filter (where not is_in_price), 0) as vat_on_top,
        sum({{ quotient('vat_amount', 'vat_rate') }}) as bases,
        count(*) as tax_count
    from vat_parts
    where not is_named and vat_rate > 0
    group by 1, 2
),

-- several taxes are each on all of these lines if they come to that, before or after discounts
amounts as (
    select
        taxes.*,
        goods.stated_amount,
        goods.stated_amount - discounts.discount as discounted_amount
    from taxes
    left join goods
        on
            taxes.store = goods.store
            and taxes.order_id = goods.order_id
    left join discounts
        on
            taxes.store = discounts.store
            and taxes.order_id = discounts.order_id
),

compared as (
    select
        *,
        tax_count = 1
        or coalesce({{ are_taxes_of('stated_amount') }}, false)
        or coalesce({{ are_taxes_of('discounted_amount') }}, false) as is_each_on_all
    from amounts
),

final as (
    select
        store,
        order_id,
        cast(
            case
                when is_each_on_all then {{ fitted('rate_in_price') }}
                when lowest_rate = highest_rate and rate_in_price = rate_in_price + rate_on_top
                    then lowest_rate
                else coalesce({{ ratio('vat_in_price', 'bases', 6) }}, 0)
            end as decimal(18, 6)
        ) as rate_in_price,
        cast(
            case
                when is_each_on_all then {{ fitted('rate_on_top') }}
                when lowest_rate = highest_rate and rate_on_top = rate_in_price + rate_on_top
                    then lowest_rate
                else coalesce({{ ratio('vat_on_top', 'bases', 6) }}, 0)
            end as decimal(18, 6)
        ) as rate_on_top
    from compared
)

select * from final
