with

accounts as (
    select * from {{ staged('customers') }} as customers
),

orders as (
    select
        orders.*,
        case when accounts.is_deleted is not true then orders.customer_id end as account_id
    from {{ staged('orders') }} as orders
    left join accounts
        on
            orders.store = accounts.store
            and orders.customer_id = accounts.customer_id
    where not orders.is_deleted
),

email_subscribers as (
    select * from {{ staged('email_subscribers') }} as email_subscribers
    where not is_deleted
),

final as (
    select
        store,
        platform,
        customer_id as record_id,
        customer_id,
        'account' as record_type,
        version_id,
        email_normalised,
        first_name,
        last_name,
        company,
        phone,
        postal_code,
        city,
        country,
        language,
        registered_at as recorded_at
    from accounts
    where not is_deleted
    union all
    select
        store,
        platform,
        order_id as record_id,
        account_id as customer_id,
        'order' as record_type,
        version_id,
        email_normalised,
        first_name,
        last_name,
        company,
        phone,
        postal_code,
        city,
        country,
        language,
        ordered_at as recorded_at
    from orders
    union all
    select
        store,
        platform,
        email_subscriber_id as record_id,
        null as customer_id,
        'subscriber' as record_type,
        version_id,
        email_normalised,
        null as first_name,
        null as last_name,
        null as company,
        null as phone,
        null as postal_code,
        null as city,
        country,
        language,
        coalesce(subscribed_at, created_at) as recorded_at
    from email_subscribers
)

select * from final
