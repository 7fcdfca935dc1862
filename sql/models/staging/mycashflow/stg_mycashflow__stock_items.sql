with

source as (
    select * from {{ source('raw_mycashflow', 'stock_items') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as stock_item_key,
        store,
        'mycashflow' as platform,
        id as stock_item_id,
        product_id,
        variation_id,

        {{ tidy_text('code') }} as stock_code,
        {{ tidy_text('sku') }} as stock_sku,
        {{ tidy_text('barcode') }} as stock_barcode,
        {{ tidy_text('location') }} as stock_location,
        backorder_estimate,

        quantity as stock_quantity,
        reserved as stock_reserved,
        balance as stock_balance,
        balance_limit as stock_alert_limit,

        enabled as is_stock_enabled,
        balance_alert as has_stock_alert,
        backorder_enabled as is_backorder_enabled,
        {{ is_deleted('stock_items') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
