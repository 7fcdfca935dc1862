with

source as (
    select * from {{ source('raw_mycashflow', 'customers') }}
),

renamed as (
    select
        {{ account_key('store', 'id') }} as customer_key,
        store,
        'mycashflow' as platform,
        id as customer_id,
        external_id,
        version_id,

        email,
        {{ normalised_email('email') }} as email_normalised,
        {{ tidy_text('first_name') }} as first_name,
        {{ tidy_text('last_name') }} as last_name,
        {{ tidy_text('company') }} as company,
        {{ tidy_text('vat_code') }} as vat_code,
        {{ tidy_text('phone') }} as phone,
        {{ tidy_text('street_address') }} as street_address,
        {{ tidy_text('postal_code') }} as postal_code,
        {{ tidy_text('city') }} as city,
        upper({{ tidy_text('country') }}) as country,
        {{ tidy_text('language') }} as language,
        einvoice_address__edi_code as einvoice_edi_code,
        einvoice_address__operator_code as einvoice_operator_code,

        login_allowed as is_login_allowed,
        email_subscription as is_email_subscribed,
        sms_subscription as is_sms_subscribed,
        {{ is_deleted('customers') }} as is_deleted,

        created_at as registered_at,
        updated_at,
        last_login_at
    from source
)

select * from renamed
