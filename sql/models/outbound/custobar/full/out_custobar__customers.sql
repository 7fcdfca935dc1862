{%- set fields = [
    'external_id', 'email', 'phone_number', 'first_name', 'last_name', 'company', 'vat_number',
    'street_address', 'zip_code', 'city', 'country', 'language', 'custom__customer_groups',
    'shop_id', 'can_email', 'can_sms', 'date_joined',
] -%}

with

customers as (
    select * from {{ ref('dim_customers') }}
),

accounts as (
    select * from {{ staged('customers') }} as customers
    where not is_deleted
),

customer_groups as (
    select
        customer_key,
        {{ joined('customer_group_name') }} as group_names
    from {{ ref('bridge_customer_groups') }}
    where customer_group_name is not null
    group by 1
),

consents as (
    select
        customer_key,
        email_normalised,
        max(subscribed_at) as consented_at
    from {{ ref('fct_email_subscriptions') }}
    where is_subscribed
    group by 1, 2
),

mapped as (
    select
        customers.store,
        customers.customer_key,
        {{ custobar_customer_id('customers') }} as external_id,
        customers.email_normalised as email,
        {{ e164('customers.phone', 'customers.country') }} as phone_number,
        customers.first_name,
        customers.last_name,
        customers.company,
        accounts.vat_code as vat_number,
        accounts.street_address,
        customers.postal_code as zip_code,
        customers.city,
        customers.country,
        {{ iso_language('customers.language') }} as language,
        customer_groups.group_names as custom__customer_groups,
        replace(customers.store, '_', '-') as shop_id,
        customers.has_email_consent as can_email,
        customers.has_sms_consent as can_sms,
        {{ iso_moment('customers.registered_at') }} as date_joined,
        {{ iso_moment('consents.consented_at') }} as consented_at
    from customers
    left join accounts on customers.customer_key = accounts.customer_key
    left join customer_groups on customers.customer_key = customer_groups.customer_key
    left join consents
        on
            customers.customer_key = consents.customer_key
            and customers.email_normalised = consents.email_normalised
),

final as (
    select
        store,
        external_id as row_key,
        customer_key,
        {{ payload_hash(fields) }} as payload_hash,
        {{ fields | join(',\n        ') }},
        consented_at,
        false as is_update_only
    from mapped
)

select * from final
