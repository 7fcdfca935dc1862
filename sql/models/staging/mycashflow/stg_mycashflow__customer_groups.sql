with

source as (
    select * from {{ source('raw_mycashflow', 'customer_groups') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as customer_group_key,
        store,
        'mycashflow' as platform,
        id as customer_group_id,

        {{ tidy_text('name') }} as customer_group_name,

        {{ is_deleted('customer_groups') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
