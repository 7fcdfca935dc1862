-- The addresses that the last day counts are those which are on the newsletter list as of it.
with

days as (
    select
        subscriber_days.store,
        subscriber_days.active_count
    from {{ ref('met_subscribers_daily') }} as subscriber_days
    inner join {{ ref('dim_stores') }} as stores
        on
            subscriber_days.store = stores.store
            and subscriber_days.date_day = stores.as_of
),

addresses as (
    select
        store,
        count(*) as subscriber_count
    from {{ ref('int_email_consents_settled') }}
    where is_subscriber
    group by 1
)

select
    coalesce(days.store, addresses.store) as store,
    days.active_count,
    addresses.subscriber_count
from days
full join addresses on days.store = addresses.store
where coalesce(days.active_count, 0) <> coalesce(addresses.subscriber_count, 0)
