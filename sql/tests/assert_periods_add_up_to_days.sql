-- The months of a store up to its last whole day hold each of its days once: what adds up over
-- days, new customers included, is the same whether days or months are asked. The running day is
-- the day.
with

days as (
    select
        store,
        case when is_whole_day then 'month' else 'running_day' end as period,
        sum(order_count) as order_count,
        sum(new_customer_count) as new_customer_count,
        sum(net_sales) as net_sales,
        sum(total) as total,
        sum(order_value) as order_value
    from {{ ref('met_sales_daily') }}
    group by 1, 2
),

running_days as (
    select store
    from {{ ref('met_sales_daily') }}
    where not is_whole_day
    group by 1
    having count(*) = 1
),

periods as (
    select
        store,
        period,
        sum(order_count) as order_count,
        sum(new_customer_count) as new_customer_count,
        sum(net_sales) as net_sales,
        sum(total) as total,
        sum(order_value) as order_value
    from {{ ref('met_sales_periods') }}
    where is_latest and period in ('month', 'running_day')
    group by 1, 2
)

select
    days.store,
    days.period,
    days.net_sales,
    periods.net_sales as period_net_sales
from days
left join running_days on days.store = running_days.store
left join periods
    on
        days.store = periods.store
        and days.period = periods.period
where
    (days.period = 'month' or running_days.store is not null)
    and (
        days.order_count is distinct from periods.order_count
        or days.new_customer_count is distinct from periods.new_customer_count
        or days.net_sales is distinct from periods.net_sales
        or days.total is distinct from periods.total
        or days.order_value is distinct from periods.order_value
    )
