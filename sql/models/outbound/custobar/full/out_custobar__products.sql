{%- set fields = [
    'external_id', 'title', 'brand', 'vendor', 'category', 'sku', 'ean', 'shop_id', 'price',
    'weight', 'in_stock', 'date',
] -%}

with

products as (
    select * from {{ ref('dim_products') }}
),

categories as (
    select
        product_key,
        {{ joined('category_name') }} as category_names
    from {{ ref('bridge_product_categories') }}
    where category_name is not null
    group by 1
),

mapped as (
    select
        products.store,
        products.product_variation_key,
        {{ custobar_product_id('products') }} as external_id,
        products.product_name || coalesce(' ' || products.variation_name, '') as title,
        products.brand_name as brand,
        products.supplier_name as vendor,
        categories.category_names as category,
        products.product_code as sku,
        products.barcode as ean,
        replace(products.store, '_', '-') as shop_id,
        {{ cents('products.price') }} as price,
        products.weight,
        case
            when products.is_stock_enabled
                then products.stock_balance > 0 or coalesce(products.is_backorder_enabled, false)
        end as in_stock,
        {{ iso_moment('products.updated_at') }} as date
    from products
    left join categories on products.product_key = categories.product_key
),

final as (
    select
        store,
        external_id as row_key,
        cast(null as text) as customer_key,
        {{ payload_hash(fields) }} as payload_hash,
        {{ fields | join(',\n        ') }},
        false as is_update_only
    from mapped
)

select * from final
