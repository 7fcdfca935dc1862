with

source as (
    select * from {{ source('raw_mycashflow', 'payment_methods') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as payment_method_key,
        store,
        'mycashflow' as platform,
        id as payment_method_id,

        {{ tidy_text('name') }} as payment_method_name,
        description,
        provider,
        product_code as provider_product_code,
        username,

        sort as sort_number,

        {{ is_deleted('payment_methods') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
