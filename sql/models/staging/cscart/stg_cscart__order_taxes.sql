with

source as (
    select * from {{ source('raw_cscart', 'orders__taxes') }}
),

renamed as (
    select
        {{ entity_key(['store', 'order_id', 'position']) }} as order_tax_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'cscart' as platform,
        order_id,
        tax_id,

        {{ cscart_text('description') }} as tax_name,
        cast(applies as text) as applied_amounts,

        position as tax_position,
        case when rate_type = 'P' then cast(rate_value as decimal(18, 6)) end as vat_rate,
        cast(tax_subtotal as decimal(18, 6)) as vat_amount,

        coalesce(price_includes_tax = 'Y', false) as is_in_price,
        {{ is_deleted('orders', 'order_id') }} as is_deleted
    from source
)

select * from renamed
