with

stores as (
    select * from {{ ref('dim_stores') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

-- of several rows of an address the newest speaks, at equal times the no
ranked as (
    select
        *,
        row_number() over (
            partition by store, email_normalised
            order by greatest(subscribed_at, unsubscribed_at) desc, is_subscribed asc
        ) as newness_rank
    from {{ ref('fct_email_subscriptions') }}
    where
        email_normalised is not null
        and (subscribed_at is not null or unsubscribed_at is not null)
),

subscribers as (
    select
        ranked.store,
        ranked.subscribed_date,
        case when not ranked.is_subscribed then ranked.unsubscribed_date end as unsubscribed_date,
        coalesce(
            customers.first_ordered_date between ranked.subscribed_date
            and ranked.subscribed_date + {{ var('subscriber_conversion_days') }} - 1,
            false
        ) as is_converted
    from ranked
    left join customers on ranked.customer_key = customers.customer_key
    where ranked.newness_rank = 1 and ranked.subscribed_date is not null
),

subscribed as (
    select
        store,
        subscribed_date as date_day,
        count(*) as subscribed_count,
        count(*) filter (where is_converted) as converted_count
    from subscribers
    group by 1, 2
),

unsubscribed as (
    select
        store,
        unsubscribed_date as date_day,
        count(*) as unsubscribed_count
    from subscribers
    group by 1, 2
),

first_days as (
    select
        store,
        min(date_day) as first_day
    from subscribed
    group by 1
),

daily as (
    select
        stores.store,
        stores.platform,
        stores.as_of,
        dates.date_day,
        coalesce(subscribed.subscribed_count, 0) as subscribed_count,
        coalesce(unsubscribed.unsubscribed_count, 0) as unsubscribed_count,
        coalesce(subscribed.converted_count, 0) as converted_count
    from stores
    inner join first_days on stores.store = first_days.store
    inner join dates on dates.date_day between first_days.first_day and stores.as_of
    left join subscribed
        on
            stores.store = subscribed.store
            and dates.date_day = subscribed.date_day
    left join unsubscribed
        on
            stores.store = unsubscribed.store
            and dates.date_day = unsubscribed.date_day
),

final as (
    select
        store,
        platform,
        date_day,
        subscribed_count,
        unsubscribed_count,
        cast(
            sum(subscribed_count - unsubscribed_count) over (
                partition by store
                order by date_day
            ) as bigint
        ) as active_count,
        case
            when date_day + {{ var('subscriber_conversion_days') }} - 1 <= as_of
                then converted_count
        end as converted_count
    from daily
)

select * from final
