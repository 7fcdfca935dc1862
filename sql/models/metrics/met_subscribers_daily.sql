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

subscriptions as (
    select * from {{ ref('fct_email_subscriptions') }}
),

email_statements as (
    select * from {{ ref('int_email_statements_ordered') }}
),

-- whose a row was that is gone
owners as (
    select
        store,
        email_normalised,
        min(first_ordered_date) as first_ordered_date
    from customers
    group by 1, 2
),

joined as (
    select
        email_statements.store,
        email_statements.joined_date,
        case
            when customers.customer_key is null then owners.first_ordered_date
            else customers.first_ordered_date
        end as first_ordered_date
    from email_statements
    left join subscriptions
        on email_statements.email_subscriber_key = subscriptions.email_subscriber_key
    left join customers on subscriptions.customer_key = customers.customer_key
    left join owners
        on
            email_statements.store = owners.store
            and email_statements.email_normalised = owners.email_normalised
    where email_statements.joined_date is not null
),

subscribed as (
    select
        store,
        joined_date as date_day,
        count(*) as subscribed_count,
        count(*) filter (
            where
            first_ordered_date between joined_date
            and joined_date + {{ var('subscriber_conversion_days') }} - 1
        ) as converted_count
    from joined
    group by 1, 2
),

unsubscribed as (
    select
        store,
        left_date as date_day,
        count(*) as unsubscribed_count
    from email_statements
    where left_date is not null
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
