with

source as (
    select * from {{ source('raw_mycashflow', 'products__visibilities') }}
),

renamed as (
    select
        {{ entity_key(['store', 'product_id', 'position']) }} as product_visibility_key,
        {{ entity_key(['store', 'product_id']) }} as product_key,
        store,
        'mycashflow' as platform,
        product_id,
        version_id,

        position as visibility_position,

        is_visible,
        {{ is_deleted('products', 'product_id') }} as is_deleted
    from source
)

select * from renamed
