with

source as (
    select * from {{ source('raw_cscart', 'orders__use_gift_certificates') }}
),

renamed as (
    select
        {{ entity_key(['store', 'order_id', "'used_gift_certificate'", 'position']) }}
            as used_gift_certificate_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'cscart' as platform,
        order_id,
        gift_cert_id as gift_certificate_id,

        gift_cert_code as code_hash,

        position as certificate_position,
        cast(coalesce(cost, amount, 0) as decimal(18, 6)) as used_amount,

        {{ is_deleted('orders', 'order_id') }} as is_deleted
    from source
)

select * from renamed
