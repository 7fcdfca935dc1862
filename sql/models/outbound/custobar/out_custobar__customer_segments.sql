{%- set fields = [
    'external_id', 'custom__segments', 'custom__rfm_segment', 'custom__rfm_code',
    'custom__lifecycle_stage', 'custom__order_count', 'custom__clv',
    'custom__average_order_value', 'custom__first_order_date', 'custom__last_order_date',
] -%}

with

customers as (
    select * from {{ ref('dim_customers') }}
),

figures as (
    select * from {{ ref('met_customers') }}
),

memberships as (
    select
        customer_key,
        {{ joined('segment') }} as segments
    from {{ ref('segment_members') }}
    where segment not like 'rfm!_%' escape '!'
    group by 1
),

mapped as (
    select
        customers.store,
        customers.customer_key,
        {{ custobar_customer_id('customers') }} as external_id,
        memberships.segments as custom__segments,
        figures.rfm_segment as custom__rfm_segment,
        cast(figures.recency_score as text)
        || cast(figures.frequency_score as text)
        || cast(figures.monetary_score as text) as custom__rfm_code,
        figures.lifecycle_stage as custom__lifecycle_stage,
        figures.order_count as custom__order_count,
        {{ cents('figures.historic_clv') }} as custom__clv,
        {{ cents('figures.average_order_value') }} as custom__average_order_value,
        cast(figures.first_ordered_date as text) as custom__first_order_date,
        cast(figures.last_ordered_date as text) as custom__last_order_date
    from customers
    left join figures on customers.customer_key = figures.customer_key
    left join memberships on customers.customer_key = memberships.customer_key
    {% if var('custobar_mode') == 'enrich' -%}
        where customers.is_account
    {%- endif %}
),

final as (
    select
        store,
        external_id as row_key,
        customer_key,
        {{ payload_hash(fields) }} as payload_hash,
        {{ fields | join(',\n        ') }},
        false as is_update_only
    from mapped
)

select * from final
