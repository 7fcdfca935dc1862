with

source as (
    select * from {{ source('raw_cscart', 'products') }}
),

renamed as (
    select
        {{ entity_key(['store', 'product_id']) }} as product_key,
        store,
        'cscart' as platform,
        product_id,
        cast(null as bigint) as brand_id,
        cast(null as bigint) as supplier_id,
        cast(null as bigint) as stock_item_id,

        {{ tidy_text('product_code') }} as product_code,
        {{ cscart_text(tidy_text('product')) }} as product_name,
        cast(null as text) as barcode,
        cast(null as text) as stock_barcode,
        cast(null as text) as stock_location,

        cast(price as decimal(18, 6)) as price,
        cast(null as decimal(18, 6)) as purchase_price,
        cast(null as decimal(18, 6)) as vat_rate,
        cast(weight as decimal(18, 6)) as weight,
        cast(amount as decimal(18, 6)) as stock_quantity,
        cast(null as decimal(18, 6)) as stock_reserved,
        cast(amount as decimal(18, 6)) as stock_balance,
        cast(low_avail_limit as decimal(18, 6)) as stock_alert_limit,

        cast(null as boolean) as is_featured,
        tracking <> 'D' as is_stock_enabled,
        cast(null as boolean) as is_backorder_enabled,
        {{ is_deleted('products', 'product_id') }} as is_deleted,

        timestamp as created_at,
        updated_timestamp as updated_at
    from source
)

select * from renamed
