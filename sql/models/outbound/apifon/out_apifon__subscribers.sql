{%- set fields = [
    'email', 'destination', 'status', 'email_status', 'first_name', 'last_name', 'rfm_segment',
    'lifecycle', 'orders_365d', 'clv', 'first_order_at', 'last_order_at', 'segments',
] -%}

with

customers as (
    select
        *,
        row_number() over (
            partition by store, email_normalised
            order by is_account desc, order_count desc, customer_key asc
        ) as place
    from {{ ref('dim_customers') }}
    where email_normalised is not null
),

figures as (
    select * from {{ ref('met_customers') }}
),

memberships as (
    select
        customer_key,
        {{ joined('segment') }} as segments
    from {{ ref('segment_members') }}
    group by 1
),

mapped as (
    select
        customers.store,
        customers.customer_key,
        customers.email_normalised as email,
        case
            when customers.has_sms_consent
                then substr({{ e164('customers.phone', 'customers.country') }}, 2)
        end as destination,
        case
            when customers.has_sms_consent is true then 'SUBSCRIBED'
            else 'UNSUBSCRIBED'
        end as status,
        case
            when customers.has_email_consent is true then 'SUBSCRIBED'
            else 'UNSUBSCRIBED'
        end as email_status,
        customers.first_name,
        customers.last_name,
        figures.rfm_segment,
        figures.lifecycle_stage as lifecycle,
        cast(figures.order_count_365_days as text) as orders_365d,
        cast(figures.historic_clv as text) as clv,
        cast(figures.first_ordered_date as text) as first_order_at,
        cast(figures.last_ordered_date as text) as last_order_at,
        memberships.segments,
        customers.has_email_consent is not true and customers.has_sms_consent is not true
            as is_update_only
    from customers
    left join figures on customers.customer_key = figures.customer_key
    left join memberships on customers.customer_key = memberships.customer_key
    where customers.place = 1
),

final as (
    select
        store,
        md5(email) as row_key,
        customer_key,
        {{ payload_hash(fields) }} as payload_hash,
        {{ fields | join(',\n        ') }},
        is_update_only
    from mapped
)

select * from final
