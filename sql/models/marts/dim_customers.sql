with

customers as (
    select * from {{ ref('int_customers_merged') }}
),

consents as (
    select * from {{ ref('int_email_consents_settled') }}
),

accounts as (
    select * from {{ staged('customers') }} as customers
    where not is_deleted
),

stores as (
    select * from {{ ref('dim_stores') }}
),

purchases as (
    select
        orders.customer_key,
        count(*) as order_count,
        min(orders.ordered_date) as first_ordered_date,
        max(orders.ordered_date) as last_ordered_date,
        bool_or(orders.has_company) as has_company
    from {{ ref('fct_orders') }} as orders
    inner join stores on orders.store = stores.store
    where orders.is_purchase and orders.ordered_date <= stores.as_of
    group by 1
),

final as (
    select
        customers.customer_key,
        customers.person_key,
        customers.store,
        customers.platform,
        customers.customer_id,
        customers.email_normalised,
        customers.first_name,
        customers.last_name,
        customers.company,
        customers.phone,
        customers.postal_code,
        customers.city,
        customers.country,
        customers.language,
        coalesce(purchases.order_count, 0) as order_count,
        customers.is_account,
        customers.is_guest,
        coalesce(consents.is_subscriber, false) as is_subscriber,
        coalesce(accounts.company, accounts.vat_code) is not null
        or coalesce(purchases.has_company, false) as is_business,
        consents.has_email_consent,
        accounts.is_sms_subscribed as has_sms_consent,
        customers.registered_at,
        {{ local_date('customers.registered_at', 'stores.time_zone') }} as registered_date,
        {{ local_date('customers.joined_at', 'stores.time_zone') }} as joined_date,
        purchases.first_ordered_date,
        purchases.last_ordered_date,
        stores.as_of
    from customers
    left join accounts on customers.customer_key = accounts.customer_key
    left join consents
        on
            customers.store = consents.store
            and customers.email_normalised = consents.email_normalised
    left join purchases on customers.customer_key = purchases.customer_key
    left join stores on customers.store = stores.store
)

select * from final
