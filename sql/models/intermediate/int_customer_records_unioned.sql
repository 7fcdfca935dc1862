with

accounts as (
    select * from {{ staged('customers') }} as customers
),

stores as (
    select * from {{ stores_and_ends(ref('int_stores_dated')) }} as stores
),

orders as (
    select
        orders.*,
        case
            when accounts.is_deleted is not true and {{ has_begun('accounts.registered_at') }}
                then orders.customer_id
        end as account_id
    from {{ staged('orders') }} as orders
    left join accounts
        on
            orders.store = accounts.store
            and orders.customer_id = accounts.customer_id
    left join stores on orders.store = stores.store
    where not orders.is_deleted and {{ has_begun('orders.ordered_at') }}
),

email_subscribers as (
    select * from {{ ref('int_email_subscribers_dated') }}
    where not is_deleted
),

final as (
    select
        accounts.store,
        accounts.platform,
        accounts.customer_id as record_id,
        accounts.customer_id,
        'account' as record_type,
        accounts.version_id,
        accounts.email_normalised,
        accounts.first_name,
        accounts.last_name,
        accounts.company,
        accounts.phone,
        accounts.postal_code,
        accounts.city,
        accounts.country,
        accounts.language,
        accounts.registered_at as recorded_at
    from accounts
    left join stores on accounts.store = stores.store
    where not accounts.is_deleted and {{ has_begun('accounts.registered_at') }}
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
