with

source as (
    select * from {{ source('raw_cscart', 'subscribers') }}
),

renamed as (
    select
        {{ entity_key(['store', 'subscriber_id']) }} as email_subscriber_key,
        store,
        'cscart' as platform,
        subscriber_id as email_subscriber_id,
        cast(null as bigint) as version_id,

        email,
        {{ normalised_email('email') }} as email_normalised,
        cast(null as text) as language,
        cast(null as text) as country,

        coalesce(status = 'A', false) as is_subscribed,
        {{ is_deleted('subscribers', 'subscriber_id') }} as is_deleted,

        timestamp as created_at,
        case when status = 'A' then timestamp end as subscribed_at,
        cast(null as timestamp with time zone) as unsubscribed_at
    from source
)

select * from renamed
