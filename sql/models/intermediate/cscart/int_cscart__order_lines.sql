with

items as (
    select * from {{ ref('int_cscart__order_items') }}
),

line_taxes as (
    select * from {{ ref('int_cscart__order_line_taxes') }}
),

order_rates as (
    select * from {{ ref('int_cscart__order_rates') }}
),

tax_modes as (
    select * from {{ ref('int_cscart__order_tax_modes') }}
    where component = 'goods'
),

orders as (
    select * from {{ ref('stg_cscart__orders') }}
    where not is_deleted
),

-- a line that no tax names has the rates of the taxes that name none
rated as (
    select
        items.*,
        coalesce(orders.stated_discount, 0) <> 0 as has_order_discount,
        coalesce(tax_modes.tax_mode, 'stated') as tax_mode,
        coalesce(
            line_taxes.rate_in_price,
            case
                when
                    coalesce(line_taxes.rate_in_price, line_taxes.rate_on_top) is null
                    and (items.is_own_line or items.is_returned_product)
                    then order_rates.rate_in_price
            end,
            0
        ) as rate_in_price,
        coalesce(line_taxes.vat_in_price, 0) as vat_in_price,
        case
            when items.is_returned_product then 0
            else coalesce(line_taxes.fixed_in_price, 0)
        end as fixed_in_price,
        coalesce(
            line_taxes.rate_on_top,
            case
                when
                    coalesce(line_taxes.rate_in_price, line_taxes.rate_on_top) is null
                    and (items.is_own_line or items.is_returned_product)
                    then order_rates.rate_on_top
            end,
            0
        ) as rate_on_top,
        coalesce(line_taxes.vat_on_top, 0) as vat_on_top,
        case
            when items.is_returned_product then 0
            else coalesce(line_taxes.fixed_on_top, 0)
        end as fixed_on_top
    from items
    inner join orders on items.order_key = orders.order_key
    left join line_taxes
        on
            items.store = line_taxes.store
            and items.order_id = line_taxes.order_id
            and case
                when items.is_returned_product then items.taxed_line_id
                else items.order_line_id
            end = line_taxes.order_line_id
    left join order_rates
        on
            items.store = order_rates.store
            and items.order_id = order_rates.order_id
    left join tax_modes
        on
            items.store = tax_modes.store
            and items.order_id = tax_modes.order_id
),

placed as (
    select
        *,
        {{ tax_inside('tax_mode', 'rate_in_price', 'rate_on_top') }} as rate_inside,
        {{ tax_beside('tax_mode', 'rate_in_price', 'rate_on_top') }} as rate_beside,
        {{ tax_inside('tax_mode', 'fixed_in_price', 'fixed_on_top') }} as fixed_inside,
        {{ tax_beside('tax_mode', 'fixed_in_price', 'fixed_on_top') }} as fixed_beside
    from rated
),

-- by the rates, as before discounts; where the tax lowered the price, that is what is paid
priced as (
    select
        *,
        {{ amount_without_vat('(stated_amount - fixed_inside)', 'rate_inside', 'true') }}
            as excl_by_rates,
        case
            when tax_mode = 'lowered' then {{ amount_without_vat(
                '(stated_amount - fixed_inside)', 'rate_inside', 'true'
            ) }}
            else {{ amount_with_vat('stated_amount', 'rate_beside', 'false', 12) }} + fixed_beside
        end as incl_by_rates,
        stated_amount + {{ tax_beside('tax_mode', 'vat_in_price', 'vat_on_top') }} as incl_by_taxes,
        {{ tax_charged('tax_mode', 'vat_in_price', 'vat_on_top') }} as vat_charged
    from placed
),

-- VAT is what the order states of a line. It states that after discounts: with one, and for what
-- came back, of which it says nothing, the rates tell what it was before.
final as (
    select
        order_line_key,
        order_key,
        store,
        platform,
        order_line_id,
        order_id,
        product_id,
        cast(null as bigint) as variation_id,
        cast(null as bigint) as bundle_id,
        cast(null as bigint) as campaign_id,
        cast(null as bigint) as shipment_id,
        product_code,
        product_name,
        cast(null as text) as model_name,
        line_position,
        quantity,
        cast(
            case
                when tax_mode = 'lowered' then 0
                else {{ fitted('(rate_inside + rate_beside)') }}
            end as decimal(18, 6)
        ) as vat_rate,
        unit_price,
        stated_amount,
        {{ money(
            'case when has_order_discount or is_returned_product then incl_by_rates'
            ' else incl_by_taxes end'
        ) }} as stated_incl_vat,
        {{ money(
            'case when has_order_discount or is_returned_product then excl_by_rates'
            ' else incl_by_taxes - vat_charged end'
        ) }} as stated_excl_vat,
        cast(null as decimal(18, 6)) as purchase_price,
        is_discounted,
        is_return,
        is_gift_card,
        false as is_deleted,
        ordered_at as created_at
    from priced
)

select * from final
