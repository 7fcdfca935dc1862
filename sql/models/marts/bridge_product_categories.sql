with

category_links as (
    select * from {{ staged('product_category_links') }} as product_category_links
    where not is_deleted and category_id is not null
),

categories as (
    select * from {{ staged('categories') }} as categories
),

-- is_deleted or not: the links of a deleted product are deleted, too
products as (
    select * from {{ staged('products') }} as products
),

stores as (
    select * from {{ stores_and_ends(ref('dim_stores')) }} as stores
),

final as (
    select
        category_links.product_key,
        category_links.category_key,
        category_links.store,
        category_links.platform,
        category_links.product_id,
        category_links.category_id,
        categories.parent_category_id,
        categories.category_name,
        min(category_links.category_sort_number) as category_sort_number,
        min(category_links.product_sort_number) as product_sort_number
    from category_links
    left join categories on category_links.category_key = categories.category_key
    left join products on category_links.product_key = products.product_key
    left join stores on category_links.store = stores.store
    where
        categories.is_deleted is not true
        and {{ has_begun('categories.created_at') }}
        and {{ has_begun('category_links.created_at') }}
        and {{ has_begun('products.created_at') }}
    group by 1, 2, 3, 4, 5, 6, 7, 8
)

select * from final
