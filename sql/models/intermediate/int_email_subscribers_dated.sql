with

email_subscribers as (
    select * from {{ staged('email_subscribers') }} as email_subscribers
),

-- MyCashflow's name of the list, and CS-Cart's
deletions as (
    select
        store,
        record_id,
        min(detected_at) as detected_at
    from {{ ref('stg_ops__deleted_records') }}
    where resource in ('email_subscribers', 'subscribers')
    group by 1, 2
),

stores as (
    select * from {{ stores_and_ends(ref('int_stores_dated')) }} as stores
),

dated as (
    select
        email_subscribers.*,
        {{ unless_later('email_subscribers.subscribed_at') }} as known_subscribed_at,
        {{ unless_later('email_subscribers.unsubscribed_at') }} as known_unsubscribed_at,
        {{ has_begun(
            'greatest(email_subscribers.subscribed_at, email_subscribers.unsubscribed_at)'
        ) }} as is_as_it_was,
        case when email_subscribers.is_deleted then deletions.detected_at end as deleted_at
    from email_subscribers
    left join deletions
        on
            email_subscribers.store = deletions.store
            and cast(email_subscribers.email_subscriber_id as text) = deletions.record_id
    left join stores on email_subscribers.store = stores.store
    where
        {{ has_begun(
            'least(email_subscribers.created_at, email_subscribers.subscribed_at,'
            ' email_subscribers.unsubscribed_at)'
        ) }}
),

final as (
    select
        email_subscriber_key,
        store,
        platform,
        email_subscriber_id,
        version_id,
        email_normalised,
        language,
        country,
        case
            when is_as_it_was then is_subscribed
            else coalesce(
                known_unsubscribed_at < known_subscribed_at,
                known_unsubscribed_at is null and known_subscribed_at is not null
            )
        end as is_subscribed,
        is_deleted,
        created_at,
        known_subscribed_at as subscribed_at,
        known_unsubscribed_at as unsubscribed_at,
        deleted_at
    from dated
)

select * from final
