with

customers as (
    select * from {{ ref('met_customers') }}
),

stores as (
    select * from {{ ref('dim_stores') }}
),

-- a second order on the day of the first is the same visit: it says nothing about coming back
usual_gaps as (
    select
        orders.store,
        cast(
            percentile_cont(0.5) within group (order by orders.days_since_previous_order)
            as decimal(18, 1)
        ) as usual_gap
    from {{ ref('fct_orders') }} as orders
    inner join stores on orders.store = stores.store
    where
        orders.customer_order_number = 2
        and orders.days_since_previous_order > 0
        and orders.ordered_date <= stores.as_of
    group by 1
    having count(*) >= {{ var('second_order_minimum_buyers') }}
),

final as (
    select
        customers.store,
        'second_order_due' as segment,
        customers.customer_key,
        customers.as_of,
        'only order ' || {{ day_and_age('customers.last_ordered_date', 'customers.as_of') }}
        || ', others order again after ' || {{ usual_gap_in_words('usual_gaps.usual_gap') }}
            as reason
    from customers
    inner join usual_gaps on customers.store = usual_gaps.store
    where
        customers.order_count = 1
        and {{ is_late('customers.recency_days', 'usual_gaps.usual_gap') }}
)

select * from final
