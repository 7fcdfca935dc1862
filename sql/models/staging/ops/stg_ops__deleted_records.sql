with

source as (
    select * from {{ source('ops', 'deleted_records') }}
),

renamed as (
    select
        store,
        resource,
        id as record_id,

        detected_at
    from source
)

select * from renamed
