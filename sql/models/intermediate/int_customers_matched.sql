with

records as (
    select * from {{ ref('int_customer_records_unioned') }}
),

account_emails as (
    select
        store,
        email_normalised,
        min(customer_id) as customer_id
    from records
    where record_type = 'account' and email_normalised is not null
    group by 1, 2
),

identified as (
    select
        records.*,
        case
            -- CS-Cart fills an order's account in later, without a trace
            when records.platform = 'cscart' and records.record_type = 'order'
                then coalesce(account_emails.customer_id, records.customer_id)
            else coalesce(records.customer_id, account_emails.customer_id)
        end as account_id
    from records
    left join account_emails
        on
            records.store = account_emails.store
            and records.email_normalised = account_emails.email_normalised
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
