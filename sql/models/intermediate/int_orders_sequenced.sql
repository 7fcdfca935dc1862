with

orders as (
    select * from {{ ref('int_orders_classified') }}
),

ranked as (
    select
        *,
        customer_key is not null as has_customer,
        customer_key is not null and is_purchase as is_customer_purchase,
        row_number() over purchases as purchase_number,
        lag(ordered_date) over purchases as previous_ordered_date,
        min(ordered_date) filter (where is_purchase) over customers as first_ordered_date
    from orders
    window
        purchases as (
            partition by customer_key, is_purchase
            order by ordered_at asc, order_id asc
        ),
        customers as (partition by customer_key)
),

final as (
    select
        customer_key,
        store,
        order_id,
        purchase_id,
        case when is_customer_purchase then purchase_number end as customer_order_number,
        case
            when is_customer_purchase then cast(ordered_date - previous_ordered_date as bigint)
        end as days_since_previous_order,
        line_count,
        units,
        is_counted,
        is_cancelled,
        is_return_order,
        is_sale,
        is_purchase,
        case
            when has_customer then is_customer_purchase and purchase_number = 1
        end as is_first_order,
        case
            when has_customer then coalesce(ordered_date = first_ordered_date, false)
        end as is_new_customer,
        ordered_at,
        ordered_date
    from ranked
)

select * from final
