with

orders as (
    select * from {{ staged('orders') }} as orders
    where not is_deleted and not {{ is_out_of_range() }}
),

stores as (
    select * from {{ stores_and_ends(ref('int_stores_dated')) }} as stores
),

customers as (
    select * from {{ ref('int_customers_matched') }}
    where record_type = 'order'
),

line_sums as (
    select
        order_lines.store,
        order_lines.order_id,
        count(*) as line_count,
        sum(order_lines.quantity) filter (
            where not order_lines.is_return and order_lines.quantity > 0
        ) as units,
        bool_and(order_lines.is_return) as is_all_returns
    from {{ staged('order_lines') }} as order_lines
    left join stores on order_lines.store = stores.store
    where not order_lines.is_deleted and {{ has_begun('order_lines.created_at') }}
    group by 1, 2
),

order_statuses as (
    select * from {{ staged('order_statuses') }} as order_statuses
),

classified as (
    select
        customers.customer_key,
        orders.store,
        orders.order_id,
        coalesce(orders.parent_order_id, orders.order_id) as purchase_id,
        coalesce(line_sums.line_count, 0) as line_count,
        cast(coalesce(line_sums.units, 0) as decimal(28, 6)) as units,
        {{ counts('order_statuses.is_counted', 'orders.status') }} as is_counted,
        coalesce(order_statuses.is_cancelled, orders.status = 'cancelled', false)
            as is_cancelled,
        coalesce(line_sums.is_all_returns, false) as is_return_order,
        orders.ordered_at,
        {{ local_date('orders.ordered_at', 'stores.time_zone') }} as ordered_date
    from orders
    left join stores on orders.store = stores.store
    left join order_statuses
        on
            orders.store = order_statuses.store
            and orders.status = order_statuses.status
    left join customers
        on
            orders.store = customers.store
            and orders.order_id = customers.record_id
    left join line_sums
        on
            orders.store = line_sums.store
            and orders.order_id = line_sums.order_id
    where {{ has_begun('orders.ordered_at') }}
),

-- the vendors of one purchase have an order each: all count in money, the first as a purchase
ranked as (
    select
        *,
        is_counted and not is_return_order as is_sale,
        {% if 'cscart' in platforms() -%}
            row_number() over (
                partition by store, purchase_id, is_counted and not is_return_order
                order by order_id
            )
        {%- else -%}
            1
        {%- endif %} as part_number
    from classified
),

final as (
    select
        customer_key,
        store,
        order_id,
        purchase_id,
        line_count,
        units,
        is_counted,
        is_cancelled,
        is_return_order,
        is_sale,
        is_sale and part_number = 1 as is_purchase,
        ordered_at,
        ordered_date
    from ranked
)

select * from final
