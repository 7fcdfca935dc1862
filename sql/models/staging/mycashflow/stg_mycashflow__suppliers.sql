with

source as (
    select * from {{ source('raw_mycashflow', 'suppliers') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as supplier_key,
        store,
        'mycashflow' as platform,
        id as supplier_id,

        {{ tidy_text('name') }} as supplier_name,
        email,
        {{ tidy_text('phone') }} as phone,
        url,

        {{ is_deleted('suppliers') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
