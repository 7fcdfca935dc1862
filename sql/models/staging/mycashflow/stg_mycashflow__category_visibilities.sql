with

source as (
    select * from {{ source('raw_mycashflow', 'categories__visibilities') }}
),

renamed as (
    select
        {{ entity_key(['store', 'category_id', 'position']) }} as category_visibility_key,
        {{ entity_key(['store', 'category_id']) }} as category_key,
        store,
        'mycashflow' as platform,
        category_id,
        version_id,

        position as visibility_position,

        is_visible,
        {{ is_deleted('categories', 'category_id') }} as is_deleted
    from source
)

select * from renamed
