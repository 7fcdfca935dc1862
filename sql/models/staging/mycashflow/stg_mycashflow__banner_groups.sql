with

source as (
    select * from {{ source('raw_mycashflow', 'banner_groups') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as banner_group_key,
        store,
        'mycashflow' as platform,
        id as banner_group_id,

        code as banner_group_code,
        title as banner_group_title,

        {{ is_deleted('banner_groups') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
