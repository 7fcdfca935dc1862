with

source as (
    select * from {{ source('raw_mycashflow', 'email_subscribers') }}
),

renamed as (
    select
        {{ entity_key(['store', 'id']) }} as email_subscriber_key,
        store,
        'mycashflow' as platform,
        id as email_subscriber_id,
        version_id,

        email,
        {{ normalised_email('email') }} as email_normalised,
        {{ tidy_text('language') }} as language,
        upper({{ tidy_text('country') }}) as country,

        coalesce(
            unsubscribed_at < subscribed_at,
            unsubscribed_at is null and subscribed_at is not null
        ) as is_subscribed,
        {{ is_deleted('email_subscribers') }} as is_deleted,

        created_at,
        updated_at,
        subscribed_at,
        unsubscribed_at
    from source
)

select * from renamed
