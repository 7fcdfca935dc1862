with

source as (
    select * from {{ source('raw_mycashflow', 'orders__products') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as order_line_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'mycashflow' as platform,
        id as order_line_id,
        order_id,
        nullif(product_id, 0) as product_id,
        nullif(variation_id, 0) as variation_id,
        bundle_id,
        campaign_id,
        download_id,
        shipment_id,

        {{ tidy_text('product_code') }} as product_code,
        {{ tidy_text('product_name') }} as product_name,
        {{ tidy_text('model_name') }} as model_name,
        warranty,
        download_url,
        customizations,
        custom_data,

        position as line_position,
        quantity,
        vat_rate,
        unit_price,
        {{ line_amount('unit_price', 'quantity') }} as stated_amount,
        cast(null as decimal(18, 2)) as stated_incl_vat,
        cast(null as decimal(18, 2)) as stated_excl_vat,
        purchase_price,
        download_times_left,

        coalesce(campaign_id > 0, false) as is_discounted,
        {{ is_return('unit_price', 'quantity') }} as is_return,
        {{ is_gift_card_product('store', 'product_id') }} as is_gift_card,
        return_to_stock as is_returned_to_stock,
        {{ is_deleted('orders', 'order_id') }} as is_deleted,

        created_at,
        updated_at,
        delivered_at,
        download_time_ends as download_ends_at
    from source
)

select * from renamed
