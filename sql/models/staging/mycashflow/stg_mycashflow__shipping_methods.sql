with

source as (
    select * from {{ source('raw_mycashflow', 'shipping_methods') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as shipping_method_key,
        store,
        'mycashflow' as platform,
        id as shipping_method_id,

        name as shipping_method_name,
        lower(type) as shipping_method_type,
        service_provider,
        service_code,
        product_code as service_product_code,
        description,
        tracking_info,

        sort as sort_number,
        free_shipping_threshold,

        {{ is_deleted('shipping_methods') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
