with

source as (
    select * from {{ source('raw_cscart', 'orders__gift_certificates') }}
),

renamed as (
    select
        {{ entity_key(['store', 'order_id', "'gift_certificate'", 'position']) }}
            as gift_certificate_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'cscart' as platform,
        order_id,
        gift_cert_id as gift_certificate_id,

        gift_cert_code as code_hash,

        position as certificate_position,
        cast(
            case
                when {{ is_free('extra__exclude_from_calculate') }} then 0
                else coalesce(amount, subtotal, 0)
            end as decimal(18, 6)
        ) as stated_amount,

        {{ is_deleted('orders', 'order_id') }} as is_deleted
    from source
)

select * from renamed
