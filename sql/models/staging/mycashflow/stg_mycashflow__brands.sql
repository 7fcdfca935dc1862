with

source as (
    select * from {{ source('raw_mycashflow', 'brands') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as brand_key,
        store,
        'mycashflow' as platform,
        id as brand_id,

        {{ tidy_text('name') }} as brand_name,
        description,
        template,
        seo_title,
        seo_page_title,
        seo_meta_description,

        {{ is_deleted('brands') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
