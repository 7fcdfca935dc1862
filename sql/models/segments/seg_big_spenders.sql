with

customers as (
    select * from {{ ref('met_customers') }}
),

stores as (
    select
        store,
        {{ ratio('sum(purchase_net_sales)', 'sum(order_count)', 2) }} as average_order_value
    from {{ ref('met_customer_sales') }}
    group by 1
),

final as (
    select
        customers.store,
        'big_spenders' as segment,
        customers.customer_key,
        customers.as_of,
        'average order ' || cast(customers.average_order_value as text) || ' '
        || customers.currency || ', of the store '
        || cast(stores.average_order_value as text) || ' ' || customers.currency as reason
    from customers
    inner join stores on customers.store = stores.store
    where
        stores.average_order_value > 0
        and customers.average_order_value
        >= {{ product('stores.average_order_value', var('big_spender_multiple'), 2) }}
)

select * from final
