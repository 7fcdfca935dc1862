with

source as (
    select * from {{ source('raw_cscart', 'usergroups') }}
),

renamed as (
    select
        {{ entity_key(['store', 'usergroup_id']) }} as customer_group_key,
        store,
        'cscart' as platform,
        usergroup_id as customer_group_id,

        {{ cscart_text(tidy_text('usergroup')) }} as customer_group_name,

        {{ is_deleted('usergroups', 'usergroup_id') }} as is_deleted,

        cast(null as timestamp with time zone) as created_at
    from source
)

select * from renamed
