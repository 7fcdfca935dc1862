with

source as (
    select * from {{ source('raw_cscart', 'shippings') }}
),

renamed as (
    select
        {{ entity_key(['store', 'shipping_id']) }} as shipping_method_key,
        store,
        'cscart' as platform,
        shipping_id as shipping_method_id,

        {{ cscart_text('shipping') }} as shipping_method_name,
        cast(null as text) as service_provider,

        {{ is_deleted('shippings', 'shipping_id') }} as is_deleted,

        cast(null as timestamp with time zone) as created_at
    from source
)

select * from renamed
