with

source as (
    select * from {{ source('raw_mycashflow', 'gift_cards') }}
),

renamed as (
    select
        {{ entity_key(['store', 'code']) }} as gift_card_key,
        store,
        'mycashflow' as platform,

        code as code_hash,
        notes,

        balance as gift_card_balance,

        {{ is_deleted('gift_cards', 'code') }} as is_deleted,

        created_at,
        updated_at,
        expires_at as expires_date
    from source
)

select * from renamed
