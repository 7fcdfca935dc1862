with

source as (
    select * from {{ source('raw_mycashflow', 'orders__comments') }}
),

renamed as (
    select
        {{ entity_key(['store', 'order_id', 'position']) }} as order_comment_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'mycashflow' as platform,
        order_id,
        user_id,

        lower(visibility) as visibility,
        text as comment_text,

        position as comment_position,

        {{ is_deleted('orders', 'order_id') }} as is_deleted,

        created_at as commented_at
    from source
)

select * from renamed
