with

source as (
    select * from {{ source('raw_mycashflow', 'campaigns__visibilities') }}
),

renamed as (
    select
        {{ entity_key(['store', 'campaign_id', 'position']) }} as campaign_visibility_key,
        {{ entity_key(['store', 'campaign_id']) }} as campaign_key,
        store,
        'mycashflow' as platform,
        campaign_id,
        version_id,

        position as visibility_position,

        is_visible,
        {{ is_deleted('campaigns', 'campaign_id') }} as is_deleted
    from source
)

select * from renamed
