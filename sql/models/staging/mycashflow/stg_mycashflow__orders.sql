with

source as (
    select * from {{ source('raw_mycashflow', 'orders') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as order_key,
        store,
        'mycashflow' as platform,
        id as order_id,
        cast(null as bigint) as parent_order_id,
        external_id,
        version_id,
        nullif(customer_id, 0) as customer_id,
        customer_external_id,
        shipping_method_id,
        payment_method_id,

        lower({{ tidy_text('status') }}) as status,
        {{ tidy_text('language') }} as language,
        customer_information__email as email,
        {{ normalised_email('customer_information__email') }} as email_normalised,
        {{ tidy_text('customer_information__first_name') }} as first_name,
        {{ tidy_text('customer_information__last_name') }} as last_name,
        {{ tidy_text('customer_information__company') }} as company,
        {{ tidy_text('customer_information__vat_code') }} as vat_code,
        {{ tidy_text('customer_information__phone') }} as phone,
        {{ tidy_text('customer_information__street_address') }} as street_address,
        {{ tidy_text('customer_information__postal_code') }} as postal_code,
        {{ tidy_text('customer_information__city') }} as city,
        upper({{ tidy_text('customer_information__country') }}) as country,
        shipping_address__email as shipping_email,
        {{ tidy_text('shipping_address__first_name') }} as shipping_first_name,
        {{ tidy_text('shipping_address__last_name') }} as shipping_last_name,
        {{ tidy_text('shipping_address__company') }} as shipping_company,
        {{ tidy_text('shipping_address__phone') }} as shipping_phone,
        {{ tidy_text('shipping_address__street_address') }} as shipping_street_address,
        {{ tidy_text('shipping_address__postal_code') }} as shipping_postal_code,
        {{ tidy_text('shipping_address__city') }} as shipping_city,
        upper({{ tidy_text('shipping_address__country') }}) as shipping_country,
        receipt_url,
        return_document_url,
        dispatch_note_url,
        details,
        custom_data,

        subtotal as stated_subtotal,
        discount as stated_discount,
        shipping_costs as stated_shipping,
        payment_costs as stated_fees,
        total as stated_total,

        different_shipping_address as has_different_shipping_address,
        {{ is_deleted('orders') }} as is_deleted,

        created_at as ordered_at,
        updated_at,
        archived_at
    from source
)

select * from renamed
