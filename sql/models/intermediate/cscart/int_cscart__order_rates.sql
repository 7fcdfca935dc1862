with

vat_parts as (
    select
        *,
        bool_or(order_line_id is not null) over (
            partition by store, order_id, tax_position
        ) as is_named
    from {{ ref('int_cscart__order_vat_parts') }}
    where component = 'goods'
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

-- several taxes are each on all of these lines if that is what they come to, before or after discounts
compared as (
    select
        taxes.*,
        taxes.tax_count = 1
        {%- for amount in ['goods.stated_amount', '(goods.stated_amount - discounts.discount)'] %}
            or coalesce(
                abs(
                    {{ amount_without_vat(amount, 'taxes.rate_in_price', 'true') }}
                    + taxes.vat_in_price - {{ amount }}
                ) <= 0.05
                and abs(
                    {{ amount_with_vat(amount, 'taxes.rate_on_top', 'false') }}
                    - taxes.vat_on_top - {{ amount }}
                ) <= 0.05,
                false
            )
        {%- endfor %} as is_each_on_all
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

final as (
    select
        store,
        order_id,
        {%- for way in ['in_price', 'on_top'] %}
            cast(
                case
                    when is_each_on_all then rate_{{ way }}
                    when lowest_rate = highest_rate and rate_{{ way }} = rate_in_price + rate_on_top
                        then lowest_rate
                    else coalesce({{ ratio('vat_' ~ way, 'bases', 6) }}, 0)
                end as decimal(18, 6)
            ) as rate_{{ way }}{{ ',' if not loop.last }}
        {%- endfor %}
    from compared
)

select * from final
