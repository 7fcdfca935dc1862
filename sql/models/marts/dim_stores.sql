with

stores as (
    select * from {{ ref('int_stores_dated') }}
),

-- orders alone tell how far a day is known
reads as (
    select
        store,
        max(least(coalesce(read_until_at, started_at), started_at)) as read_until_at
    from {{ ref('stg_ops__windows') }}
    where resource = 'orders' and status <> 'failed'
    group by 1
),

dated as (
    select
        stores.*,
        {{ local_date('current_timestamp', 'stores.time_zone') }} as today,
        {{ local_date('reads.read_until_at', 'stores.time_zone') }} as last_read_date
    from stores
    left join reads on stores.store = reads.store
),

ended as (
    select
        *,
        least(as_of, today - 1, coalesce(last_read_date, today) - 1) as last_whole_day
    from dated
),

-- a store that was not read for a week holds nobody back
latest as (
    select max(last_whole_day) as last_whole_day from ended
),

shared as (
    select min(ended.last_whole_day) as shared_last_whole_day
    from ended
    cross join latest
    where ended.last_whole_day > latest.last_whole_day - 7
),

final as (
    select
        ended.store,
        ended.platform,
        ended.time_zone,
        ended.currency,
        ended.is_enabled,
        ended.as_of,
        ended.last_whole_day,
        shared.shared_last_whole_day
    from ended
    cross join shared
)

select * from final
