with

source as (
    select * from {{ source('raw_mycashflow', 'products') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as product_key,
        store,
        'mycashflow' as platform,
        id as product_id,
        brand_id,
        supplier_id,
        stock_item__id as stock_item_id,

        {{ tidy_text('product_code') }} as product_code,
        {{ tidy_text('supplier_code') }} as supplier_code,
        {{ tidy_text('barcode') }} as barcode,
        {{ tidy_text('name') }} as product_name,
        description,
        information,
        keywords,
        features,
        warranty,
        parcel_type,
        available_from,
        available_to,
        visible_from,
        purchasable_from,
        seo_title,
        seo_page_title,
        seo_meta_description,
        {{ tidy_text('stock_item__sku') }} as stock_sku,
        {{ tidy_text('stock_item__barcode') }} as stock_barcode,
        {{ tidy_text('stock_item__location') }} as stock_location,
        stock_item__backorder_estimate as backorder_estimate,

        price,
        purchase_price,
        vat_rate,
        weight,
        order_limit,
        order_limit_min,
        stock_item__quantity as stock_quantity,
        stock_item__reserved as stock_reserved,
        stock_item__balance as stock_balance,
        stock_item__balance_limit as stock_alert_limit,

        featured as is_featured,
        stock_item__enabled as is_stock_enabled,
        stock_item__balance_alert as has_stock_alert,
        stock_item__backorder_enabled as is_backorder_enabled,
        {{ is_deleted('products') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
