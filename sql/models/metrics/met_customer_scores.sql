with

customers as (
    select * from {{ ref('dim_customers') }}
    where order_count > 0
),

sales as (
    select * from {{ ref('met_customer_sales') }}
),

rfm_segments as (
    select * from {{ ref('rfm_segments') }}
),

buyers as (
    select
        customers.customer_key,
        customers.store,
        customers.order_count,
        customers.last_ordered_date,
        {{ lifecycle_stage('customers') }} as lifecycle_stage,
        sales.{{ rfm_window('order_count') }} as order_count_in_window,
        sales.{{ rfm_window('net_sales') }} as net_sales_in_window
    from customers
    inner join sales on customers.customer_key = sales.customer_key
),

ranked as (
    select
        *,
        count(*) over (partition by store) as buyer_count,
        {{ twice_the_place('by_day') }} as recency_place,
        {{ twice_the_place('by_orders') }} as frequency_place,
        {{ twice_the_place('by_money') }} as monetary_place
    from buyers
    where order_count_in_window > 0
    window
        by_day as (partition by store order by last_ordered_date),
        by_orders as (partition by store order by order_count_in_window),
        by_money as (partition by store order by net_sales_in_window)
),

scores as (
    select
        customer_key,
        {{ fifth('recency_place', 'buyer_count') }} as recency_score,
        {{ fifth('frequency_place', 'buyer_count') }} as frequency_score,
        {{ fifth('monetary_place', 'buyer_count') }} as monetary_score
    from ranked
    where buyer_count >= {{ var('rfm_minimum_buyers') }}
),

-- ranks compare customers with each other; a name must be true of the customer alone: who is lapsed
-- has not bought lately, who is active has not been away, and who bought once has not bought often
named as (
    select
        buyers.*,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        case
            when buyers.lifecycle_stage = 'lapsed' then least(scores.recency_score, 2)
            when buyers.lifecycle_stage = 'lapsing' then scores.recency_score
            else greatest(scores.recency_score, 4)
        end as named_recency,
        case
            when buyers.order_count_in_window = 1 then least(scores.frequency_score, 2)
            else scores.frequency_score
        end as named_frequency
    from buyers
    left join scores on buyers.customer_key = scores.customer_key
),

final as (
    select
        named.customer_key,
        named.store,
        named.recency_score,
        named.frequency_score,
        named.monetary_score,
        case
            when named.order_count_in_window = 0 then 'inactive'
            when named.monetary_score is null then null
            when named.lifecycle_stage = 'new' and named.order_count = 1 then 'new_customers'
            when
                rfm_segments.rfm_segment = 'new_customers'
                and named.order_count > {{ var('rfm_new_customer_orders') }}
                then 'potential_loyalist'
            else rfm_segments.rfm_segment
        end as rfm_segment
    from named
    left join rfm_segments
        on
            {{ rfm_code('named.named_recency', 'named.named_frequency', 'named.monetary_score') }}
            = rfm_segments.rfm_code
)

select * from final
