with

customers as (
    select * from {{ ref('dim_customers') }}
),

buyer_emails as (
    select distinct
        store,
        email_normalised
    from customers
    where order_count > 0
),

final as (
    select
        customers.store,
        'subscribers_never_bought' as segment,
        customers.customer_key,
        customers.as_of,
        'subscribed, never ordered' as reason
    from customers
    left join buyer_emails
        on
            customers.store = buyer_emails.store
            and customers.email_normalised = buyer_emails.email_normalised
    where
        customers.is_subscriber
        and customers.order_count = 0
        and customers.joined_date <= customers.as_of
        and buyer_emails.email_normalised is null
)

select * from final
