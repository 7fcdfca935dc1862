with

source as (
    select * from {{ source('ops', 'stores') }}
),

renamed as (
    select
        store,
        platform,
        time_zone,
        upper(currency) as currency,
        is_enabled
    from source
)

select * from renamed
