with

records as (
    select *
    from {{ ref('int_customers_matched') }}
    where customer_key is not null
),

ranked as (
    select
        *,
        row_number() over (
            partition by customer_key
            order by
                case record_type when 'account' then 1 when 'order' then 2 else 3 end asc,
                recorded_at desc nulls last,
                record_id asc
        ) as contact_rank
    from records
),

contacts as (
    select * from ranked
    where contact_rank = 1
),

origins as (
    select
        customer_key,
        min(recorded_at) as joined_at,
        min(recorded_at) filter (where record_type = 'account') as registered_at,
        bool_or(record_type = 'order') as has_ordered
    from records
    group by 1
),

final as (
    select
        contacts.customer_key,
        {{ entity_key(['contacts.email_normalised']) }} as person_key,
        contacts.store,
        contacts.platform,
        contacts.customer_id,
        contacts.email_normalised,
        contacts.first_name,
        contacts.last_name,
        contacts.company,
        contacts.phone,
        contacts.postal_code,
        contacts.city,
        contacts.country,
        contacts.language,
        contacts.customer_id is not null as is_account,
        contacts.customer_id is null and origins.has_ordered as is_guest,
        origins.joined_at,
        origins.registered_at
    from contacts
    inner join origins on contacts.customer_key = origins.customer_key
)

select * from final
