{%- set fields = ['type', 'customer_id', 'date'] -%}

with

subscriptions as (
    select
        *,
        case when is_subscribed then subscribed_at else unsubscribed_at end as happened_at
    from {{ ref('fct_email_subscriptions') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

mapped as (
    select
        subscriptions.store,
        subscriptions.email_subscriber_key,
        customers.customer_key,
        case when subscriptions.is_subscribed then 'MAIL_SUBSCRIBE' else 'MAIL_UNSUBSCRIBE' end
            as type,
        {{ custobar_customer_id('customers') }} as customer_id,
        {{ iso_moment('subscriptions.happened_at') }} as date
    from subscriptions
    -- consent belongs to the address: a row of an earlier one says nothing of the one there is now
    inner join customers
        on
            subscriptions.customer_key = customers.customer_key
            and subscriptions.email_normalised = customers.email_normalised
    where
        cast(subscriptions.happened_at as date)
        > customers.as_of - {{ var('custobar_event_days') }}
        and (not subscriptions.is_subscribed or customers.has_email_consent)
),

final as (
    select
        store,
        email_subscriber_key || '-' || date as row_key,
        customer_key,
        {{ payload_hash(fields) }} as payload_hash,
        {{ fields | join(',\n        ') }},
        false as is_update_only
    from mapped
)

select * from final
