with

stores as (
    select * from {{ ref('dim_stores') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
    where date_day = month_start_date
),

buyers as (
    select
        customer_key,
        store,
        {{ month_start('first_ordered_date') }} as cohort_month
    from {{ ref('dim_customers') }}
    where first_ordered_date is not null
),

cohorts as (
    select
        store,
        cohort_month,
        count(*) as customer_count
    from buyers
    group by 1, 2
),

oldest_cohorts as (
    select
        store,
        min(cohort_month) as cohort_month
    from cohorts
    group by 1
),

months as (
    select
        stores.store,
        dates.month_start_date,
        row_number() over (
            partition by stores.store
            order by dates.month_start_date
        ) - 1 as month_number
    from stores
    inner join oldest_cohorts on stores.store = oldest_cohorts.store
    inner join dates on dates.date_day between oldest_cohorts.cohort_month and stores.as_of
),

cells as (
    select
        cohorts.store,
        cohorts.cohort_month,
        cohorts.customer_count,
        months.month_number,
        reached.month_start_date
    from cohorts
    inner join months as beginnings
        on
            cohorts.store = beginnings.store
            and cohorts.cohort_month = beginnings.month_start_date
    inner join months on cohorts.store = months.store
    left join months as reached
        on
            cohorts.store = reached.store
            and beginnings.month_number + months.month_number = reached.month_number
),

activity as (
    select
        buyers.store,
        buyers.cohort_month,
        {{ month_start('movements.movement_date') }} as month_start_date,
        count(distinct movements.customer_key) filter (
            where movements.is_purchase
        ) as active_customer_count,
        count(*) filter (where movements.is_purchase) as order_count,
        sum(movements.net_sales) as net_sales
    from {{ ref('fct_sales_movements') }} as movements
    inner join buyers on movements.customer_key = buyers.customer_key
    inner join stores on movements.store = stores.store
    where movements.movement_date <= stores.as_of
    group by 1, 2, 3
),

filled as (
    select
        cells.store,
        cells.cohort_month,
        cells.month_number,
        cells.month_start_date,
        cells.customer_count,
        coalesce(activity.active_customer_count, 0) as active_customer_count,
        coalesce(activity.order_count, 0) as order_count,
        coalesce(activity.net_sales, 0) as net_sales,
        sum(coalesce(activity.net_sales, 0)) over (
            partition by cells.store, cells.cohort_month
            order by cells.month_number
        ) as cumulative_net_sales,
        cells.month_start_date is not null as is_reached
    from cells
    left join activity
        on
            cells.store = activity.store
            and cells.cohort_month = activity.cohort_month
            and cells.month_start_date = activity.month_start_date
),

final as (
    select
        filled.store,
        stores.platform,
        stores.currency,
        filled.cohort_month,
        filled.month_number,
        filled.customer_count,
        case when filled.is_reached then filled.active_customer_count end as active_customer_count,
        case when filled.is_reached then filled.order_count end as order_count,
        case
            when filled.is_reached
                then {{ ratio('filled.active_customer_count', 'filled.customer_count', 4) }}
        end as retention_rate,
        case when filled.is_reached then {{ money_sum('filled.net_sales') }} end as net_sales,
        case
            when filled.is_reached
                then {{ ratio('filled.cumulative_net_sales', 'filled.customer_count', 2, 28) }}
        end as cumulative_net_sales_per_customer,
        filled.month_start_date
    from filled
    inner join stores on filled.store = stores.store
)

select * from final
