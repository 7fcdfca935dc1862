with

source as (
    select * from {{ source('raw_cscart', 'users') }}
),

renamed as (
    select
        {{ account_key('store', 'user_id') }} as customer_key,
        store,
        'cscart' as platform,
        user_id as customer_id,
        company_id as version_id,

        email,
        {{ normalised_email('email') }} as email_normalised,
        {{ cscart_text(tidy_text('firstname')) }} as first_name,
        {{ cscart_text(tidy_text('lastname')) }} as last_name,
        {{ cscart_text(tidy_text('company')) }} as company,
        cast(null as text) as vat_code,
        {{ tidy_text('phone') }} as phone,
        cast(null as text) as street_address,
        cast(null as text) as postal_code,
        cast(null as text) as city,
        cast(null as text) as country,
        cast(null as text) as language,

        status = 'A' as is_login_allowed,
        cast(null as boolean) as is_email_subscribed,
        cast(null as boolean) as is_sms_subscribed,
        {{ is_deleted('users', 'user_id') }} as is_deleted,

        timestamp as registered_at,
        last_login as last_login_at
    from source
)

select * from renamed
