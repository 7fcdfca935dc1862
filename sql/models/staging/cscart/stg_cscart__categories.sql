with

source as (
    select * from {{ source('raw_cscart', 'categories') }}
),

renamed as (
    select
        {{ entity_key(['store', 'category_id']) }} as category_key,
        store,
        'cscart' as platform,
        category_id,
        nullif(parent_id, 0) as parent_category_id,

        {{ cscart_text(tidy_text('category')) }} as category_name,

        position as sort_number,

        {{ is_deleted('categories', 'category_id') }} as is_deleted,

        timestamp as created_at
    from source
)

select * from renamed
