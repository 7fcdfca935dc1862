with

stores as (
    select * from {{ ref('dim_stores') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
    where date_day = month_start_date
),

purchases as (
    select
        orders.store,
        orders.customer_key,
        orders.customer_order_number,
        case
            when orders.customer_order_number = 2 then orders.days_since_previous_order
        end as days_to_second_order,
        {{ month_start('orders.ordered_date') }} as month_start_date
    from {{ ref('fct_orders') }} as orders
    inner join stores on orders.store = stores.store
    where
        orders.is_purchase
        and orders.customer_key is not null
        and orders.ordered_date <= stores.as_of
),

monthly as (
    select
        store,
        month_start_date,
        count(*) as order_count,
        count(distinct customer_key) as customer_count,
        count(*) filter (where customer_order_number = 1) as first_order_count,
        count(*) filter (where customer_order_number = 2) as second_order_count,
        percentile_cont(0.5) within group (
            order by days_to_second_order
        ) as median_days_to_second_order
    from purchases
    group by 1, 2
),

first_months as (
    select
        store,
        min(month_start_date) as month_start_date
    from monthly
    group by 1
),

calendar as (
    select
        stores.store,
        stores.platform,
        dates.month_start_date
    from stores
    inner join first_months on stores.store = first_months.store
    inner join dates on dates.date_day between first_months.month_start_date and stores.as_of
),

final as (
    select
        calendar.store,
        calendar.platform,
        calendar.month_start_date,
        coalesce(monthly.order_count, 0) as order_count,
        coalesce(monthly.customer_count, 0) as customer_count,
        coalesce(monthly.second_order_count, 0) as second_order_count,
        cast(
            sum(coalesce(monthly.first_order_count, 0)) over so_far as bigint
        ) as buyer_count,
        cast(
            sum(coalesce(monthly.second_order_count, 0)) over so_far as bigint
        ) as repeat_buyer_count,
        {{ ratio('monthly.order_count', 'monthly.customer_count', 4) }} as purchase_frequency,
        {{ ratio(
            'sum(coalesce(monthly.second_order_count, 0)) over so_far',
            'sum(coalesce(monthly.first_order_count, 0)) over so_far', 4
        ) }} as repeat_customer_rate,
        cast(monthly.median_days_to_second_order as decimal(18, 1))
            as median_days_to_second_order
    from calendar
    left join monthly
        on
            calendar.store = monthly.store
            and calendar.month_start_date = monthly.month_start_date
    window so_far as (partition by calendar.store order by calendar.month_start_date)
)

select * from final
