with

source as (
    select * from {{ source('raw_mycashflow', 'products__image_links') }}
),

renamed as (
    select
        {{ entity_key(['store', 'product_id', 'position']) }} as product_image_link_key,
        {{ entity_key(['store', 'product_id']) }} as product_key,
        {{ entity_key(['store', 'image_id']) }} as image_key,
        store,
        'mycashflow' as platform,
        product_id,
        image_id,

        filename,
        caption,

        position as link_position,
        sort as sort_number,

        {{ is_deleted('products', 'product_id') }} as is_deleted
    from source
)

select * from renamed
