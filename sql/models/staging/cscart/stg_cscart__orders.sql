with

source as (
    select * from {{ source('raw_cscart', 'orders') }}
),

renamed as (
    select
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'cscart' as platform,
        order_id,
        nullif(parent_order_id, 0) as parent_order_id,
        company_id as version_id,
        nullif(user_id, 0) as customer_id,
        case
            when {{ tidy_text("split_part(shipping_ids, ',', 1)") }} ~ '^[0-9]{1,18}$'
                then cast({{ tidy_text("split_part(shipping_ids, ',', 1)") }} as bigint)
        end as shipping_method_id,
        nullif(payment_id, 0) as payment_method_id,

        {{ tidy_text('status') }} as status_code,
        {{ cscart_status(tidy_text('status')) }} as status,
        {{ tidy_text('lang_code') }} as language,
        email,
        {{ normalised_email('email') }} as email_normalised,
        {{ cscart_text(tidy_text('firstname')) }} as first_name,
        {{ cscart_text(tidy_text('lastname')) }} as last_name,
        {{ cscart_text(tidy_text('company')) }} as company,
        cast(null as text) as vat_code,
        coalesce({{ tidy_text('phone') }}, {{ tidy_text('b_phone') }}) as phone,
        {{ cscart_text(tidy_text('b_address')) }} as street_address,
        {{ tidy_text('b_zipcode') }} as postal_code,
        {{ cscart_text(tidy_text('b_city')) }} as city,
        upper({{ tidy_text('b_country') }}) as country,
        {{ cscart_text(tidy_text('s_firstname')) }} as shipping_first_name,
        {{ cscart_text(tidy_text('s_lastname')) }} as shipping_last_name,
        {{ tidy_text('s_phone') }} as shipping_phone,
        {{ cscart_text(tidy_text('s_address')) }} as shipping_street_address,
        {{ tidy_text('s_zipcode') }} as shipping_postal_code,
        {{ cscart_text(tidy_text('s_city')) }} as shipping_city,
        upper({{ tidy_text('s_country') }}) as shipping_country,

        cast(subtotal as decimal(18, 6)) as stated_subtotal,
        cast(subtotal_discount as decimal(18, 6)) as stated_discount,
        cast(shipping_cost as decimal(18, 6)) as stated_shipping,
        cast(payment_surcharge as decimal(18, 6)) as stated_fees,
        cast(points_info__in_use__cost as decimal(18, 6)) as stated_points,
        cast(total as decimal(18, 6)) as stated_total,

        coalesce(tax_exempt = 'Y', false) as is_tax_exempt,
        {{ is_deleted('orders', 'order_id') }} as is_deleted,

        timestamp as ordered_at,
        updated_at,
        cast(null as timestamp with time zone) as archived_at
    from source
    -- a checkout nobody finished, and the parent that only stands for its parts
    where coalesce(status, '') not in ('N', 'T')
)

select * from renamed
