with

source as (
    select * from {{ source('raw_mycashflow', 'customers__customer_groups') }}
),

renamed as (
    select
        {{ entity_key(['store', 'customer_id', 'position']) }} as customer_group_member_key,
        {{ account_key('store', 'customer_id') }} as customer_key,
        {{ entity_key(['store', 'id']) }} as customer_group_key,
        store,
        'mycashflow' as platform,
        customer_id,
        id as customer_group_id,

        {{ tidy_text('name') }} as customer_group_name,

        position as group_position,

        {{ is_deleted('customers', 'customer_id') }} as is_deleted
    from source
)

select * from renamed
