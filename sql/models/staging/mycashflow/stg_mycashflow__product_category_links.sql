with

source as (
    select * from {{ source('raw_mycashflow', 'products__category_links') }}
),

renamed as (
    select
        {{ entity_key(['store', 'product_id', 'position']) }} as product_category_link_key,
        {{ entity_key(['store', 'product_id']) }} as product_key,
        {{ entity_key(['store', 'category_id']) }} as category_key,
        store,
        'mycashflow' as platform,
        product_id,
        category_id,

        position as link_position,
        category_sort as category_sort_number,
        product_sort as product_sort_number,

        {{ is_deleted('products', 'product_id') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
