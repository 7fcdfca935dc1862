with

stores as (
    select * from {{ stores_and_ends(ref('dim_stores')) }} as stores
),

products as (
    select * from {{ staged('products') }} as products
    where not is_deleted
),

variations as (
    select variations.*
    from {{ staged('product_variations') }} as variations
    left join stores on variations.store = stores.store
    where not variations.is_deleted and {{ has_begun('variations.created_at') }}
),

brands as (
    select brands.*
    from {{ staged('brands') }} as brands
    left join stores on brands.store = stores.store
    where not brands.is_deleted and {{ has_begun('brands.created_at') }}
),

suppliers as (
    select suppliers.*
    from {{ staged('suppliers') }} as suppliers
    left join stores on suppliers.store = stores.store
    where not suppliers.is_deleted and {{ has_begun('suppliers.created_at') }}
),

final as (
    select
        {{ product_variation_key(
            'products.store', 'products.product_id', 'variations.variation_id'
        ) }} as product_variation_key,
        products.product_key,
        products.store,
        products.platform,
        products.product_id,
        variations.variation_id,
        products.brand_id,
        products.supplier_id,
        coalesce(variations.stock_item_id, products.stock_item_id) as stock_item_id,
        coalesce(variations.product_code, products.product_code) as product_code,
        products.product_name,
        variations.variation_name,
        brands.brand_name,
        suppliers.supplier_name,
        coalesce(variations.stock_barcode, products.stock_barcode, products.barcode) as barcode,
        coalesce(variations.stock_location, products.stock_location) as stock_location,
        stores.currency,
        coalesce(variations.price, products.price) as price,
        coalesce(variations.purchase_price, products.purchase_price) as purchase_price,
        products.vat_rate,
        coalesce(variations.weight, products.weight) as weight,
        coalesce(variations.stock_quantity, products.stock_quantity) as stock_quantity,
        coalesce(variations.stock_reserved, products.stock_reserved) as stock_reserved,
        coalesce(variations.stock_balance, products.stock_balance) as stock_balance,
        coalesce(variations.stock_alert_limit, products.stock_alert_limit) as stock_alert_limit,
        products.is_featured,
        coalesce(variations.is_stock_enabled, products.is_stock_enabled) as is_stock_enabled,
        coalesce(variations.is_backorder_enabled, products.is_backorder_enabled)
            as is_backorder_enabled,
        coalesce(variations.created_at, products.created_at) as created_at,
        products.updated_at
    from products
    left join variations on products.product_key = variations.product_key
    left join brands
        on
            products.store = brands.store
            and products.brand_id = brands.brand_id
    left join suppliers
        on
            products.store = suppliers.store
            and products.supplier_id = suppliers.supplier_id
    left join stores on products.store = stores.store
    where {{ has_begun('products.created_at') }}
)

select * from final
