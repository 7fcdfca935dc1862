with

source as (
    select * from {{ source('raw_mycashflow', 'images') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as image_key,
        store,
        'mycashflow' as platform,
        id as image_id,

        filename,

        {{ is_deleted('images') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
