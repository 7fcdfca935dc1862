with

stores as (
    select * from {{ ref('dim_stores') }}
),

days as (
    select * from {{ ref('met_sales_daily') }}
),

movements as (
    select * from {{ ref('fct_sales_movements') }}
),

first_days as (
    select
        store,
        min(sales_date) as first_sales_date
    from days
    group by 1
),

period_days as (
    select
        periods.*,
        days.sales_date,
        days.order_count,
        days.net_sales,
        days.total,
        days.order_value
    from {{ ref('dim_periods') }} as periods
    inner join days
        on
            periods.store = days.store
            and days.sales_date between periods.first_date and periods.last_date
),

sums as (
    select
        store,
        period,
        is_over,
        is_latest,
        is_shared,
        first_date,
        last_date,
        sum(order_count) as order_count,
        sum(net_sales) as net_sales,
        sum(total) as total,
        sum(order_value) as order_value
    from period_days
    group by 1, 2, 3, 4, 5, 6, 7
),

buyers as (
    select
        customer_key,
        min(movement_date) as first_ordered_date
    from movements
    where is_purchase and customer_key is not null
    group by 1
),

-- who is new in the period is new with all that it buys in it, and everybody else is not
people as (
    select
        period_days.store,
        period_days.period,
        period_days.first_date,
        period_days.last_date,
        movements.customer_key,
        coalesce(
            buyers.first_ordered_date between period_days.first_date and period_days.last_date,
            false
        ) as is_new_customer,
        bool_or(movements.is_purchase) as has_bought,
        sum(movements.net_sales) as net_sales
    from period_days
    inner join movements
        on
            period_days.store = movements.store
            and period_days.sales_date = movements.movement_date
    left join buyers on movements.customer_key = buyers.customer_key
    where movements.customer_key is not null
    group by 1, 2, 3, 4, 5, 6
),

people_sums as (
    select
        store,
        period,
        first_date,
        last_date,
        count(*) filter (where has_bought) as customer_count,
        count(*) filter (where has_bought and is_new_customer) as new_customer_count,
        sum(net_sales) filter (where is_new_customer) as new_customer_net_sales,
        sum(net_sales) filter (where not is_new_customer) as returning_customer_net_sales
    from people
    group by 1, 2, 3, 4
),

final as (
    select
        sums.store,
        stores.platform,
        sums.period,
        stores.currency,
        cast(sums.order_count as bigint) as order_count,
        coalesce(people_sums.customer_count, 0) as customer_count,
        coalesce(people_sums.new_customer_count, 0) as new_customer_count,
        coalesce(people_sums.customer_count - people_sums.new_customer_count, 0)
            as returning_customer_count,
        {{ money_sum('sums.net_sales') }} as net_sales,
        {{ money_sum('sums.total') }} as total,
        {{ money_sum('coalesce(people_sums.new_customer_net_sales, 0)') }}
            as new_customer_net_sales,
        {{ money_sum('coalesce(people_sums.returning_customer_net_sales, 0)') }}
            as returning_customer_net_sales,
        {{ money_sum('sums.order_value') }} as order_value,
        {{ ratio('sums.order_value', 'sums.order_count', 2, 28) }} as average_order_value,
        {{ ratio(
            'people_sums.customer_count - people_sums.new_customer_count',
            'people_sums.customer_count', 4
        ) }} as returning_customer_rate,
        sums.is_over,
        sums.first_date >= first_days.first_sales_date as is_complete,
        sums.is_latest,
        sums.is_shared,
        sums.first_date,
        sums.last_date,
        stores.as_of
    from sums
    inner join stores on sums.store = stores.store
    inner join first_days on sums.store = first_days.store
    left join people_sums
        on
            sums.store = people_sums.store
            and sums.period = people_sums.period
            and sums.first_date = people_sums.first_date
            and sums.last_date = people_sums.last_date
)

select * from final
