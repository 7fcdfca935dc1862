with

source as (
    select * from {{ source('raw_mycashflow', 'subcategories') }}
),

renamed as (
    select
        {{ entity_key(['store', 'category_id', 'position']) }} as subcategory_key,
        {{ entity_key(['store', 'category_id']) }} as parent_category_key,
        {{ entity_key(['store', 'id']) }} as category_key,
        store,
        'mycashflow' as platform,
        category_id as parent_category_id,
        id as category_id,
        external_id,

        {{ tidy_text('name') }} as category_name,
        description,
        default_template,
        template,

        position as subcategory_position,
        parent_sort as sort_number,

        {{ is_deleted('categories', 'category_id') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
