with

source as (
    select * from {{ source('raw_mycashflow', 'categories') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as category_key,
        store,
        'mycashflow' as platform,
        id as category_id,
        nullif(parent_id, 0) as parent_category_id,
        external_id,

        {{ tidy_text('name') }} as category_name,
        description,
        default_template,
        template,

        parent_sort as sort_number,

        {{ is_deleted('categories') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
