with

source as (
    select * from {{ source('raw_mycashflow', 'versions') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as version_key,
        store,
        'mycashflow' as platform,
        id as version_id,

        {{ tidy_text('name') }} as version_name,
        {{ tidy_text('language') }} as language,
        upper({{ tidy_text('currency') }}) as currency,

        {{ is_deleted('versions') }} as is_deleted,

        created_at,
        updated_at
    from source
)

select * from renamed
