with

source as (
    select * from {{ source('raw_mycashflow', 'banners') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as banner_key,
        store,
        'mycashflow' as platform,
        id as banner_id,
        nullif(group_id, 0) as banner_group_id,

        code as banner_code,
        title as banner_title,
        content as banner_content,
        file as banner_file,
        link as banner_link,

        sort as sort_number,

        {{ is_deleted('banners') }} as is_deleted,

        created_at,
        updated_at,
        visible_from as starts_at,
        visible_to as ends_at
    from source
)

select * from renamed
