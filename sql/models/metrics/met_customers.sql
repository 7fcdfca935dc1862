with

customers as (
    select * from {{ ref('dim_customers') }}
),

stores as (
    select * from {{ ref('dim_stores') }}
),

sales as (
    select * from {{ ref('met_customer_sales') }}
),

scores as (
    select * from {{ ref('met_customer_scores') }}
),

final as (
    select
        customers.customer_key,
        customers.store,
        customers.platform,
        stores.currency,
        scores.rfm_segment,
        {{ lifecycle_stage('customers') }} as lifecycle_stage,
        customers.order_count,
        coalesce(sales.order_count_365_days, 0) as order_count_365_days,
        {{ money_sum('coalesce(sales.net_sales, 0)') }} as net_sales,
        {{ money_sum('coalesce(sales.net_sales_365_days, 0)') }} as net_sales_365_days,
        {{ money_sum('coalesce(sales.net_sales, 0)') }} as historic_clv,
        {{ ratio('sales.purchase_net_sales', 'sales.order_count', 2, 28) }} as average_order_value,
        cast(customers.as_of - customers.last_ordered_date as bigint) as recency_days,
        sales.median_days_between_orders,
        sales.average_days_between_orders,
        {{ ratio('sales.returns', 'sales.gross_sales', 4) }} as return_rate,
        {{ ratio('sales.refunded', 'sales.paid', 4) }} as refund_rate,
        {{ ratio('sales.discounted_order_count', 'sales.order_count', 4) }} as discount_share,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        customers.first_ordered_date,
        customers.last_ordered_date,
        customers.as_of
    from customers
    left join stores on customers.store = stores.store
    left join sales on customers.customer_key = sales.customer_key
    left join scores on customers.customer_key = scores.customer_key
)

select * from final
