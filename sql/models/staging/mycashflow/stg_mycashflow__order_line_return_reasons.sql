with

source as (
    select * from {{ source('raw_mycashflow', 'orders__products__return_reasons') }}
),

renamed as (
    select
        {{ entity_key(['store', 'order_id', 'parent_position', 'position']) }}
            as return_reason_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'mycashflow' as platform,
        order_id,

        lower(code) as reason_code,
        text as reason_text,

        parent_position as line_position,
        position as reason_position,

        {{ is_deleted('orders', 'order_id') }} as is_deleted
    from source
)

select * from renamed
