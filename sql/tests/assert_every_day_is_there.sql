-- From a store's first day to as_of no day is missing, so that a chart has no holes.
select
    sales_days.store,
    count(*) as day_count,
    max(stores.as_of) - min(sales_days.sales_date) + 1 as expected_day_count
from {{ ref('met_sales_daily') }} as sales_days
inner join {{ ref('dim_stores') }} as stores on sales_days.store = stores.store
group by 1
having count(*) <> max(stores.as_of) - min(sales_days.sales_date) + 1
