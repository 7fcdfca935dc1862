with

source as (
    select * from {{ source('raw_mycashflow', 'stock_changes') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as stock_change_key,
        store,
        'mycashflow' as platform,
        id as stock_change_id,
        stock_item_id,
        user_id,
        source_id,

        lower(source_type) as source_type,

        quantity as stock_quantity,
        quantity_change,

        {{ is_deleted('stock_changes') }} as is_deleted,

        changed_at
    from source
)

select * from renamed
