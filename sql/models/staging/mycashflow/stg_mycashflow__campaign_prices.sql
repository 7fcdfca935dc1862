with

source as (
    select * from {{ source('raw_mycashflow', 'campaigns__prices') }}
),

renamed as (
    select
        {{ entity_key(['store', 'campaign_id', 'position']) }} as campaign_price_key,
        {{ entity_key(['store', 'campaign_id']) }} as campaign_key,
        store,
        'mycashflow' as platform,
        campaign_id,
        product_id,
        variation_id,
        download_id,

        position as price_position,
        quantity as price_quantity,
        price,
        order_limit,

        {{ is_deleted('campaigns', 'campaign_id') }} as is_deleted
    from source
)

select * from renamed
