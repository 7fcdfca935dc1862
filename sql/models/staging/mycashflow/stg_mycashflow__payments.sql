with

source as (
    select * from {{ source('raw_mycashflow', 'orders__payments') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as payment_key,
        {{ entity_key(['store', 'order_id']) }} as order_key,
        store,
        'mycashflow' as platform,
        id as payment_id,
        order_id,
        payment_method_id,
        external_id,

        cast(null as text) as payment_type,
        lower({{ tidy_text('status') }}) as status,
        upper({{ tidy_text('currency') }}) as currency,
        reference,

        position as payment_position,
        amount,
        exchange_rate,

        is_confirmed,
        is_paid,
        {{ is_deleted('orders', 'order_id') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
