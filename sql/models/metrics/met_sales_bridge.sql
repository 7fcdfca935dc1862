with

stores as (
    select * from {{ ref('dim_stores') }}
),

days as (
    select * from {{ ref('met_sales_daily') }}
),

orders as (
    select
        store,
        ordered_date as sales_date,
        is_counted,
        coalesce(platform_total, total) as platform_total,
        total,
        -- a version that prices without VAT states a total without VAT
        case
            when
                abs(platform_total - total) > 0.05
                and abs(platform_total - (total - tax)) <= 0.05
                then tax
            else 0
        end as unstated_tax,
        returns
    from {{ ref('fct_orders') }}
),

order_sums as (
    select
        store,
        sales_date,
        sum(platform_total) as admin_total,
        sum(platform_total) filter (where not is_counted) as not_counted_total,
        sum(unstated_tax) filter (where is_counted) as unstated_tax,
        sum(platform_total - (total - unstated_tax)) filter (where is_counted)
            as platform_difference,
        sum(returns) filter (where is_counted) as returns
    from orders
    group by 1, 2
),

movement_sums as (
    select
        store,
        movement_date as sales_date,
        sum(gross_sales_excl_vat) as gross_sales_excl_vat,
        sum(discounts_excl_vat) as discounts_excl_vat,
        sum(returns_excl_vat) as returns_excl_vat,
        sum(shipping_excl_vat) as shipping_excl_vat,
        sum(fees_excl_vat) as fees_excl_vat
    from {{ ref('fct_sales_movements') }}
    group by 1, 2
),

final as (
    select
        days.store,
        stores.platform,
        days.currency,
        days.sales_date,
        days.is_whole_day,
        {{ money_sum('coalesce(order_sums.admin_total, 0)') }} as admin_total,
        {{ money_sum('coalesce(order_sums.not_counted_total, 0)') }} as not_counted_total,
        {{ money_sum('coalesce(order_sums.unstated_tax, 0)') }} as unstated_tax,
        {{ money_sum('coalesce(order_sums.platform_difference, 0)') }} as platform_difference,
        {{ money_sum('coalesce(order_sums.returns, 0) - days.returns') }} as moved_returns,
        days.total,
        days.tax,
        {{ money_sum('coalesce(movement_sums.shipping_excl_vat, 0)') }} as shipping_excl_vat,
        {{ money_sum('coalesce(movement_sums.fees_excl_vat, 0)') }} as fees_excl_vat,
        days.gift_card_sales,
        {{ money_sum('coalesce(movement_sums.gross_sales_excl_vat, 0)') }} as gross_sales_excl_vat,
        {{ money_sum('coalesce(movement_sums.discounts_excl_vat, 0)') }} as discounts_excl_vat,
        {{ money_sum('coalesce(movement_sums.returns_excl_vat, 0)') }} as returns_excl_vat,
        days.net_sales
    from days
    inner join stores on days.store = stores.store
    left join order_sums
        on
            days.store = order_sums.store
            and days.sales_date = order_sums.sales_date
    left join movement_sums
        on
            days.store = movement_sums.store
            and days.sales_date = movement_sums.sales_date
)

select * from final
