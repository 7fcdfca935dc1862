with

source as (
    select * from {{ source('raw_mycashflow', 'orders__events') }}
),

renamed as (
    select
        {{ entity_key(['store', 'order_id', 'position']) }} as order_event_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'mycashflow' as platform,
        order_id,

        lower(code) as event_code,
        message as event_message,
        data as event_data,

        position as event_position,

        {{ is_deleted('orders', 'order_id') }} as is_deleted,

        created_at as happened_at
    from source
)

select * from renamed
