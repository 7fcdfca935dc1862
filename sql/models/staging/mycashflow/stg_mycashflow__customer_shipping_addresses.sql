with

source as (
    select * from {{ source('raw_mycashflow', 'customer_shipping_addresses') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as customer_shipping_address_key,
        {{ account_key('store', 'customer_id') }} as customer_key,
        store,
        'mycashflow' as platform,
        id as customer_shipping_address_id,
        customer_id,

        email,
        {{ normalised_email('email') }} as email_normalised,
        {{ tidy_text('first_name') }} as first_name,
        {{ tidy_text('last_name') }} as last_name,
        {{ tidy_text('company') }} as company,
        {{ tidy_text('phone') }} as phone,
        {{ tidy_text('street_address') }} as street_address,
        {{ tidy_text('street_name') }} as street_name,
        {{ tidy_text('street_number') }} as street_number,
        {{ tidy_text('house_extension') }} as house_extension,
        {{ tidy_text('postal_code') }} as postal_code,
        {{ tidy_text('city') }} as city,
        upper({{ tidy_text('country') }}) as country,

        position as address_position,

        "primary" as is_primary,
        {{ is_deleted('customers', 'customer_id') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
