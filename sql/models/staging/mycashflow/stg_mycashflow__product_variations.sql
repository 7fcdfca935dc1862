with

source as (
    select * from {{ source('raw_mycashflow', 'products__variations') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as product_variation_key,
        {{ entity_key(['store', 'product_id']) }} as product_key,
        store,
        'mycashflow' as platform,
        id as variation_id,
        product_id,
        image_id,
        stock_item__id as stock_item_id,

        {{ tidy_text('product_code') }} as product_code,
        {{ tidy_text('name') }} as variation_name,
        features,
        {{ tidy_text('stock_item__sku') }} as stock_sku,
        {{ tidy_text('stock_item__barcode') }} as stock_barcode,
        {{ tidy_text('stock_item__location') }} as stock_location,
        stock_item__backorder_estimate as backorder_estimate,

        position as variation_position,
        sort as sort_number,
        price,
        purchase_price,
        weight,
        stock_item__quantity as stock_quantity,
        stock_item__reserved as stock_reserved,
        stock_item__balance as stock_balance,
        stock_item__balance_limit as stock_alert_limit,

        stock_item__enabled as is_stock_enabled,
        stock_item__balance_alert as has_stock_alert,
        stock_item__backorder_enabled as is_backorder_enabled,
        {{ is_deleted('products', 'product_id') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
