with

source as (
    select * from {{ source('raw_cscart', 'statuses') }}
),

renamed as (
    select
        {{ entity_key(['store', 'status']) }} as order_status_key,
        store,
        'cscart' as platform,

        status as status_code,
        {{ cscart_text(tidy_text('description')) }} as status_name,

        params__payment_received = 'Y' as is_payment_received,
        {{ is_deleted('statuses', 'status') }} as is_deleted
    from source
)

select * from renamed
