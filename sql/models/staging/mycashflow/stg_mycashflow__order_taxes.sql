with

source as (
    select * from {{ source('raw_mycashflow', 'orders__tax_summary') }}
),

renamed as (
    select
        {{ entity_key(['store', 'order_id', 'component', 'position']) }} as order_tax_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'mycashflow' as platform,
        order_id,

        case component
            when 'subtotal' then 'goods'
            when 'discount' then 'discounts'
            when 'shipping_costs' then 'shipping'
            when 'payment_costs' then 'fees'
            else component
        end as component,

        position as tax_position,
        tax_rate as vat_rate,
        total as amount_incl_vat,
        total_without_tax as amount_excl_vat,
        total_tax as vat_amount,

        {{ is_deleted('orders', 'order_id') }} as is_deleted
    from source
)

select * from renamed
