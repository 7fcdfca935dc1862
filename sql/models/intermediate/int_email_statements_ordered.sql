with

-- is_deleted or not: a row that is gone was there before
email_subscribers as (
    select * from {{ ref('int_email_subscribers_dated') }}
    where email_normalised is not null
),

stores as (
    select * from {{ ref('int_stores_dated') }}
),

statements as (
    select
        store,
        email_subscriber_key,
        email_normalised,
        true as is_yes,
        is_deleted,
        subscribed_at as said_at,
        case when is_deleted then greatest(deleted_at, subscribed_at) end as gone_at
    from email_subscribers
    where subscribed_at is not null
    union all
    select
        store,
        email_subscriber_key,
        email_normalised,
        false as is_yes,
        is_deleted,
        unsubscribed_at as said_at,
        null as gone_at
    from email_subscribers
    where unsubscribed_at is not null
),

-- the newest speaks, at equal times the no
numbered as (
    select
        *,
        row_number() over (
            partition by store, email_normalised
            order by
                said_at asc,
                is_yes and not is_deleted desc,
                is_yes desc,
                gone_at asc,
                email_subscriber_key asc
        ) as place
    from statements
),

followed as (
    select
        *,
        lead(said_at) over address as next_said_at,
        lead(is_yes) over address as is_next_yes
    from numbered
    window address as (partition by store, email_normalised order by place)
),

-- a yes holds until something else is said, or its row is gone
held as (
    select
        *,
        case when is_yes then least(next_said_at, gone_at) end as held_until
    from followed
),

linked as (
    select
        *,
        lag(held_until) over (partition by store, email_normalised order by place) as on_list_until
    from held
),

final as (
    select
        linked.store,
        linked.email_subscriber_key,
        linked.email_normalised,
        linked.said_at,
        linked.is_yes,
        linked.next_said_at is null as is_newest,
        linked.is_yes and linked.held_until is null as is_on_list,
        case
            when linked.is_yes and (linked.on_list_until = linked.said_at) is not true
                then {{ local_date('linked.said_at', 'stores.time_zone') }}
        end as joined_date,
        case
            when (linked.is_next_yes and linked.held_until = linked.next_said_at) is not true
                then {{ local_date('linked.held_until', 'stores.time_zone') }}
        end as left_date
    from linked
    left join stores on linked.store = stores.store
)

select * from final
