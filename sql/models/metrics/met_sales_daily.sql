with

stores as (
    select * from {{ ref('dim_stores') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
),

daily as (
    select
        store,
        movement_date as sales_date,
        count(*) filter (where is_purchase) as order_count,
        count(distinct customer_key) filter (where is_purchase) as customer_count,
        count(distinct customer_key) filter (
            where is_purchase and is_new_customer
        ) as new_customer_count,
        sum(units) as units,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts,
        sum(returns) as returns,
        sum(net_sales) as net_sales,
        sum(gift_card_sales) as gift_card_sales,
        sum(tax) as tax,
        sum(shipping) as shipping,
        sum(fees) as fees,
        sum(total) as total,
        sum(net_sales) filter (where is_sale) as purchase_net_sales,
        sum(net_sales) filter (where is_new_customer) as new_customer_net_sales,
        sum(net_sales) filter (where not is_new_customer) as returning_customer_net_sales
    from {{ ref('fct_sales_movements') }}
    group by 1, 2
),

-- a purchase from several vendors is cancelled when all of its parts are
cancelled as (
    select
        store,
        purchase_id,
        min(ordered_date) as sales_date
    from {{ ref('fct_orders') }}
    group by 1, 2
    having bool_and(is_cancelled)
),

daily_cancelled as (
    select
        store,
        sales_date,
        count(*) as cancelled_order_count
    from cancelled
    group by 1, 2
),

first_days as (
    select
        store,
        min(sales_date) as first_day
    from daily
    group by 1
),

calendar as (
    select
        stores.store,
        stores.platform,
        stores.currency,
        dates.date_day <= stores.last_whole_day as is_whole_day,
        dates.date_day as sales_date
    from stores
    inner join first_days on stores.store = first_days.store
    inner join dates on dates.date_day between first_days.first_day and stores.as_of
),

final as (
    select
        calendar.store,
        calendar.platform,
        calendar.currency,
        calendar.sales_date,
        calendar.is_whole_day,
        coalesce(daily.order_count, 0) as order_count,
        coalesce(daily_cancelled.cancelled_order_count, 0) as cancelled_order_count,
        coalesce(daily.customer_count, 0) as customer_count,
        coalesce(daily.new_customer_count, 0) as new_customer_count,
        coalesce(daily.customer_count - daily.new_customer_count, 0) as returning_customer_count,
        cast(coalesce(daily.units, 0) as decimal(28, 6)) as units,
        {{ money_sum('coalesce(daily.gross_sales, 0)') }} as gross_sales,
        {{ money_sum('coalesce(daily.discounts, 0)') }} as discounts,
        {{ money_sum('coalesce(daily.returns, 0)') }} as returns,
        {{ money_sum('coalesce(daily.net_sales, 0)') }} as net_sales,
        {{ money_sum('coalesce(daily.gift_card_sales, 0)') }} as gift_card_sales,
        {{ money_sum('coalesce(daily.tax, 0)') }} as tax,
        {{ money_sum('coalesce(daily.shipping, 0)') }} as shipping,
        {{ money_sum('coalesce(daily.fees, 0)') }} as fees,
        {{ money_sum('coalesce(daily.total, 0)') }} as total,
        {{ money_sum('coalesce(daily.new_customer_net_sales, 0)') }} as new_customer_net_sales,
        {{ money_sum('coalesce(daily.returning_customer_net_sales, 0)') }}
            as returning_customer_net_sales,
        {{ money_sum('coalesce(daily.purchase_net_sales, 0)') }} as order_value,
        {{ ratio('daily.purchase_net_sales', 'daily.order_count', 2, 28) }} as average_order_value
    from calendar
    left join daily
        on
            calendar.store = daily.store
            and calendar.sales_date = daily.sales_date
    left join daily_cancelled
        on
            calendar.store = daily_cancelled.store
            and calendar.sales_date = daily_cancelled.sales_date
)

select * from final
