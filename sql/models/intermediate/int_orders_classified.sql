with

orders as (
    select * from {{ ref('stg_mycashflow__orders') }}
    where not is_deleted
),

stores as (
    select * from {{ ref('stg_ops__stores') }}
),

customers as (
    select * from {{ ref('int_customers_matched') }}
    where record_type = 'order'
),

line_sums as (
    select
        store,
        order_id,
        count(*) as line_count,
        sum(quantity) filter (where not is_return) as units,
        bool_and(is_return) as is_all_returns
    from {{ ref('stg_mycashflow__order_lines') }}
    where not is_deleted
    group by 1, 2
),

classified as (
    select
        customers.customer_key,
        orders.store,
        orders.order_id,
        coalesce(line_sums.line_count, 0) as line_count,
        cast(coalesce(line_sums.units, 0) as decimal(18, 6)) as units,
        coalesce(orders.status <> 'cancelled', true) as is_counted,
        coalesce(line_sums.is_all_returns, false) as is_return_order,
        orders.ordered_at,
        {{ local_date('orders.ordered_at', 'stores.time_zone') }} as ordered_date
    from orders
    left join stores on orders.store = stores.store
    left join customers
        on
            orders.store = customers.store
            and orders.order_id = customers.record_id
    left join line_sums
        on
            orders.store = line_sums.store
            and orders.order_id = line_sums.order_id
),

final as (
    select
        customer_key,
        store,
        order_id,
        line_count,
        units,
        is_counted,
        is_return_order,
        is_counted and not is_return_order as is_purchase,
        ordered_at,
        ordered_date
    from classified
)

select * from final
