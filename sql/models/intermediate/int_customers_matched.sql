with

records as (
    select * from {{ ref('int_customer_records_unioned') }}
),

accounts as (
    select
        store,
        customer_id,
        version_id,
        email_normalised
    from records
    where record_type = 'account' and email_normalised is not null
),

-- whose an address is now, in a storefront and in the store
storefront_owners as (
    select
        store,
        version_id,
        email_normalised,
        min(customer_id) as customer_id
    from accounts
    group by 1, 2, 3
),

owners as (
    select
        store,
        email_normalised,
        min(customer_id) as customer_id
    from accounts
    group by 1, 2
),

-- who has ordered with an address, which may be nobody's now
orderers as (
    select
        store,
        email_normalised,
        min(customer_id) as customer_id
    from records
    where record_type = 'order' and customer_id is not null and email_normalised is not null
    group by 1, 2
),

identified as (
    select
        records.*,
        coalesce(
            -- CS-Cart fills an order's account in later, without a trace: the address comes first
            case
                when
                    records.platform is distinct from 'cscart'
                    or records.email_normalised = named.email_normalised
                    then records.customer_id
            end,
            storefront_owners.customer_id,
            owners.customer_id,
            records.customer_id,
            orderers.customer_id
        ) as account_id
    from records
    left join accounts as named
        on
            records.store = named.store
            and records.customer_id = named.customer_id
    left join storefront_owners
        on
            records.store = storefront_owners.store
            and records.version_id = storefront_owners.version_id
            and records.email_normalised = storefront_owners.email_normalised
    left join owners
        on
            records.store = owners.store
            and records.email_normalised = owners.email_normalised
    left join orderers
        on
            records.store = orderers.store
            and records.email_normalised = orderers.email_normalised
),

final as (
    select
        coalesce(
            {{ account_key('store', 'account_id') }},
            {{ email_key('store', 'email_normalised') }}
        ) as customer_key,
        store,
        platform,
        record_id,
        account_id as customer_id,
        record_type,
        email_normalised,
        first_name,
        last_name,
        company,
        phone,
        postal_code,
        city,
        country,
        language,
        recorded_at
    from identified
)

select * from final
