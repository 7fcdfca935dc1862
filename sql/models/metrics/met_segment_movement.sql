with

stores as (
    select * from {{ ref('dim_stores') }}
),

history as (
    select
        history.store,
        history.segment,
        history.customer_key,
        stores.as_of,
        {{ local_date('history.entered_at', 'stores.time_zone') }} as entered_date,
        {{ local_date('history.left_at', 'stores.time_zone') }} as left_date
    from {{ ref('segment_history') }} as history
    inner join stores on history.store = stores.store
),

-- a day ends as its last snapshot saw it: who came and left on it was never there
stays as (
    select * from history
    where entered_date <= as_of and (left_date is null or left_date > entered_date)
),

-- who left and came back on one day stayed
comebacks as (
    select
        leaving.store,
        leaving.segment,
        leaving.left_date as to_date,
        count(*) as comeback_count
    from stays as leaving
    inner join stays as coming
        on
            leaving.segment = coming.segment
            and leaving.customer_key = coming.customer_key
            and leaving.left_date = coming.entered_date
    group by 1, 2, 3
),

changes as (
    select
        store,
        segment,
        entered_date as to_date,
        count(*) as entered_count,
        0 as left_count
    from stays
    group by 1, 2, 3
    union all
    select
        store,
        segment,
        left_date as to_date,
        0 as entered_count,
        count(*) as left_count
    from stays
    where left_date <= as_of
    group by 1, 2, 3
    union all
    select
        store,
        segment,
        to_date,
        -comeback_count as entered_count,
        -comeback_count as left_count
    from comebacks
),

movements as (
    select
        store,
        segment,
        to_date,
        cast(sum(entered_count) as bigint) as entered_count,
        cast(sum(left_count) as bigint) as left_count
    from changes
    group by 1, 2, 3
),

known_days as (
    select
        store,
        to_date
    from movements
    union
    select
        store,
        as_of as to_date
    from stores
    where {{ is_today('as_of', 'time_zone') }}
),

days as (
    select
        store,
        to_date,
        lag(to_date) over (
            partition by store
            order by to_date
        ) as from_date
    from known_days
),

segments as (
    select
        store,
        segment
    from movements
    group by 1, 2
),

calendar as (
    select
        segments.store,
        segments.segment,
        days.from_date,
        days.to_date,
        coalesce(movements.entered_count, 0) as entered_count,
        coalesce(movements.left_count, 0) as left_count
    from segments
    inner join days on segments.store = days.store
    left join movements
        on
            segments.store = movements.store
            and segments.segment = movements.segment
            and days.to_date = movements.to_date
),

sizes as (
    select
        *,
        cast(sum(entered_count - left_count) over (
            partition by store, segment
            order by to_date
        ) as bigint) as member_count
    from calendar
),

final as (
    select
        store,
        segment,
        from_date,
        to_date,
        member_count - entered_count + left_count as previous_member_count,
        entered_count,
        left_count,
        member_count - entered_count as stayed_count,
        member_count
    from sizes
    where from_date is not null
)

select * from final
