with

vips as (
    select * from {{ ref('seg_vip') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_subscriber
),

unsubscribed as (
    select
        store,
        email_normalised,
        max(unsubscribed_date) as unsubscribed_date
    from {{ ref('fct_email_subscriptions') }}
    where unsubscribed_date is not null
    group by 1, 2
),

final as (
    select
        vips.store,
        'unsubscribed_vip' as segment,
        vips.customer_key,
        vips.as_of,
        'unsubscribed ' || cast(unsubscribed.unsubscribed_date as text) || ', ' || vips.reason
            as reason
    from vips
    inner join customers on vips.customer_key = customers.customer_key
    inner join unsubscribed
        on
            customers.store = unsubscribed.store
            and customers.email_normalised = unsubscribed.email_normalised
)

select * from final
