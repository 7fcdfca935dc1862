with

email_subscribers as (
    select * from {{ ref('int_email_subscribers_dated') }}
    where not is_deleted
),

customers as (
    select * from {{ ref('int_customers_matched') }}
    where record_type = 'subscriber'
),

stores as (
    select * from {{ ref('dim_stores') }}
),

final as (
    select
        email_subscribers.email_subscriber_key,
        customers.customer_key,
        email_subscribers.store,
        email_subscribers.platform,
        email_subscribers.email_subscriber_id,
        email_subscribers.version_id,
        email_subscribers.email_normalised,
        email_subscribers.language,
        email_subscribers.country,
        email_subscribers.is_subscribed,
        email_subscribers.subscribed_at,
        {{ local_date('email_subscribers.subscribed_at', 'stores.time_zone') }} as subscribed_date,
        email_subscribers.unsubscribed_at,
        {{ local_date('email_subscribers.unsubscribed_at', 'stores.time_zone') }}
            as unsubscribed_date
    from email_subscribers
    left join customers
        on
            email_subscribers.store = customers.store
            and email_subscribers.email_subscriber_id = customers.record_id
    left join stores on email_subscribers.store = stores.store
)

select * from final
