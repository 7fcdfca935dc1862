with

source as (
    select * from {{ source('raw_cscart', 'orders__products') }}
),

renamed as (
    select
        {{ entity_key(['store', 'order_id', 'item_id']) }} as order_line_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'cscart' as platform,
        item_id as order_line_id,
        order_id,
        nullif(product_id, 0) as product_id,

        {{ tidy_text('product_code') }} as product_code,
        {{ cscart_text(tidy_text('product')) }} as product_name,

        position as line_position,
        cast(amount as decimal(18, 6)) as quantity,
        cast(price as decimal(18, 6)) as unit_price,
        case
            when {{ is_free('extra__exclude_from_calculate') }} then cast(0 as decimal(18, 6))
            else {{ line_amount('price', 'amount') }}
        end as stated_amount,

        coalesce(discount > 0, false) as is_discounted,
        {{ is_deleted('orders', 'order_id') }} as is_deleted
    from source
)

select * from renamed
