with

customers as (
    select * from {{ ref('met_customers') }}
),

sales as (
    select
        customer_key,
        store,
        {{ quotient('purchase_net_sales', 'order_count') }} as average_order,
        {{ quotient(
            'sum(purchase_net_sales) over (partition by store)',
            'sum(order_count) over (partition by store)'
        ) }} as store_average_order
    from {{ ref('met_customer_sales') }}
),

final as (
    select
        customers.store,
        'big_spenders' as segment,
        customers.customer_key,
        customers.as_of,
        'average order ' || cast(customers.average_order_value as text) || ' '
        || customers.currency || ', of the store '
        || cast({{ money('sales.store_average_order') }} as text) || ' ' || customers.currency
            as reason
    from customers
    inner join sales on customers.customer_key = sales.customer_key
    -- averages are rounded for the reader alone
    where
        sales.store_average_order > 0
        and sales.average_order
        >= {{ product('sales.store_average_order', var('big_spender_multiple'), 8) }}
)

select * from final
