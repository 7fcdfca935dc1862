with

stock_changes as (
    select * from {{ ref('stg_mycashflow__stock_changes') }}
    where not is_deleted
),

-- whether is_deleted or not: a change keeps the product it was of
stock_items as (
    select * from {{ ref('stg_mycashflow__stock_items') }}
),

stores as (
    select * from {{ stores_and_ends(ref('dim_stores')) }} as stores
),

final as (
    select
        stock_changes.stock_change_key,
        {{ product_variation_key(
            'stock_items.store', 'stock_items.product_id', 'stock_items.variation_id'
        ) }} as product_variation_key,
        stock_changes.store,
        stock_changes.platform,
        stock_changes.stock_change_id,
        stock_changes.stock_item_id,
        stock_items.product_id,
        stock_items.variation_id,
        stock_changes.user_id,
        stock_changes.source_id,
        stock_changes.source_type,
        stock_changes.quantity_change,
        stock_changes.stock_quantity,
        stock_changes.changed_at,
        {{ local_date('stock_changes.changed_at', 'stores.time_zone') }} as changed_date
    from stock_changes
    left join stock_items
        on
            stock_changes.store = stock_items.store
            and stock_changes.stock_item_id = stock_items.stock_item_id
    left join stores on stock_changes.store = stores.store
    where {{ has_begun('stock_changes.changed_at') }}
)

select * from final
