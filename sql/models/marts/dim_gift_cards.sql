with

gift_cards as (
    select * from {{ ref('stg_mycashflow__gift_cards') }}
    where not is_deleted
),

stores as (
    select * from {{ stores_and_ends(ref('dim_stores')) }} as stores
),

final as (
    select
        gift_cards.gift_card_key,
        gift_cards.store,
        gift_cards.platform,
        gift_cards.code_hash,
        stores.currency,
        {{ money('gift_cards.gift_card_balance') }} as gift_card_balance,
        coalesce(gift_cards.expires_date <= stores.as_of, false) as is_expired,
        gift_cards.created_at,
        gift_cards.updated_at,
        gift_cards.expires_date,
        stores.as_of
    from gift_cards
    left join stores on gift_cards.store = stores.store
    where {{ has_begun('gift_cards.created_at') }}
)

select * from final
