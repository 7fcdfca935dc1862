with

stores as (
    select * from {{ ref('dim_stores') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where is_counted and customer_key is not null
),

sales as (
    select
        movements.customer_key,
        movements.store,
        movements.currency,
        stores.as_of,
        count(*) filter (where movements.is_purchase) as order_count,
        count(*) filter (
            where
            movements.is_purchase
            and {{ is_within_days('movements.movement_date', 365, 'stores.as_of') }}
        ) as order_count_365_days,
        sum(movements.gross_sales) as gross_sales,
        sum(movements.returns) as returns,
        sum(movements.net_sales) as net_sales,
        sum(movements.net_sales) filter (
            where {{ is_within_days('movements.movement_date', 365, 'stores.as_of') }}
        ) as net_sales_365_days,
        sum(movements.net_sales) filter (where movements.is_sale) as purchase_net_sales
    from {{ ref('fct_sales_movements') }} as movements
    inner join stores on movements.store = stores.store
    where movements.customer_key is not null and movements.movement_date <= stores.as_of
    group by 1, 2, 3, 4
),

-- a discount of one vendor makes the purchase a discounted one; gaps are between purchases alone
-- an order on the same day as the one before it is the same visit: it makes no gap
habits as (
    select
        orders.customer_key,
        count(distinct orders.purchase_id) filter (
            where orders.is_discounted
        ) as discounted_order_count,
        sum(orders.days_since_previous_order) as gap_days,
        count(nullif(orders.days_since_previous_order, 0)) as gap_count,
        percentile_cont(0.5) within group (
            order by nullif(orders.days_since_previous_order, 0)
        ) as median_gap
    from orders
    inner join stores on orders.store = stores.store
    where orders.is_sale and orders.ordered_date <= stores.as_of
    group by 1
),

payments as (
    select
        orders.customer_key,
        sum(payments.paid) as paid,
        sum(payments.refunded) as refunded
    from {{ ref('fct_payments') }} as payments
    inner join orders on payments.order_key = orders.order_key
    inner join stores on payments.store = stores.store
    where
        coalesce(
            {{ local_date('payments.created_at', 'stores.time_zone') }}, orders.ordered_date
        ) <= stores.as_of
    group by 1
),

final as (
    select
        sales.customer_key,
        sales.store,
        sales.currency,
        sales.order_count,
        sales.order_count_365_days,
        coalesce(habits.discounted_order_count, 0) as discounted_order_count,
        {{ ratio('habits.gap_days', 'habits.gap_count', 1) }} as average_days_between_orders,
        case
            when habits.gap_count >= {{ var('usual_gap_minimum_gaps') }}
                then cast(habits.median_gap as decimal(18, 1))
        end as median_days_between_orders,
        {{ money_sum('sales.gross_sales') }} as gross_sales,
        {{ money_sum('sales.returns') }} as returns,
        {{ money_sum('sales.net_sales') }} as net_sales,
        {{ money_sum('coalesce(sales.net_sales_365_days, 0)') }} as net_sales_365_days,
        {{ money_sum('coalesce(sales.purchase_net_sales, 0)') }} as purchase_net_sales,
        {{ money_sum('coalesce(payments.paid, 0)') }} as paid,
        {{ money_sum('coalesce(payments.refunded, 0)') }} as refunded,
        sales.as_of
    from sales
    left join habits on sales.customer_key = habits.customer_key
    left join payments on sales.customer_key = payments.customer_key
)

select * from final
