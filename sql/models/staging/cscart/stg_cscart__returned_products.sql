with

source as (
    select * from {{ source('raw_cscart', 'orders__returned_products') }}
),

renamed as (
    select
        {{ entity_key(['store', 'order_id', "'returned_product'", 'position']) }}
            as returned_product_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'cscart' as platform,
        item_id as order_line_id,
        order_id,
        nullif(product_id, 0) as product_id,

        {{ tidy_text('product_code') }} as product_code,
        {{ cscart_text('product') }} as product_name,

        position as return_position,
        cast(amount as decimal(18, 6)) as quantity,
        cast(price as decimal(18, 6)) as unit_price,
        case
            when price is not null then {{ line_amount('price', 'amount') }}
            else cast(coalesce(subtotal, 0) as decimal(18, 6))
        end as stated_amount,

        {{ is_deleted('orders', 'order_id') }} as is_deleted
    from source
)

select * from renamed
