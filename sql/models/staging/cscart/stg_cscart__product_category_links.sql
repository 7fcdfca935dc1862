with

source as (
    select * from {{ source('raw_cscart', 'products__category_ids') }}
),

renamed as (
    select
        {{ entity_key(['store', 'product_id', 'position']) }} as product_category_link_key,
        {{ entity_key(['store', 'product_id']) }} as product_key,
        {{ entity_key(['store', 'category_id']) }} as category_key,
        store,
        'cscart' as platform,
        product_id,
        category_id,

        position as link_position,
        cast(null as bigint) as category_sort_number,
        cast(null as bigint) as product_sort_number,

        {{ is_deleted('products', 'product_id') }} as is_deleted,

        cast(null as timestamp with time zone) as created_at
    from source
)

select * from renamed
