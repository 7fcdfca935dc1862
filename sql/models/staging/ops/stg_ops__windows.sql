with

source as (
    select * from {{ source('ops', 'windows') }}
),

renamed as (
    select
        store,
        resource,
        status,
        window_to as read_until_at,
        started_at
    from source
)

select * from renamed
