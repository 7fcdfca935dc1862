with

source as (
    select * from {{ source('raw_cscart', 'user_usergroups') }}
),

renamed as (
    select
        {{ entity_key(['store', 'user_id', 'usergroup_id']) }} as customer_group_member_key,
        {{ account_key('store', 'user_id') }} as customer_key,
        {{ entity_key(['store', 'usergroup_id']) }} as customer_group_key,
        store,
        'cscart' as platform,
        user_id as customer_id,
        usergroup_id as customer_group_id,

        cast(null as text) as customer_group_name,

        {{ is_deleted('users', 'user_id') }} as is_deleted
    from source
    -- asked for or declined is not in the group
    where status = 'A'
)

select * from renamed
