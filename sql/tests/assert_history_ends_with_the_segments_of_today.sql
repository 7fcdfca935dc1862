-- Whoever is in a segment today has an open row in its history, and nobody else has. Sizes tell:
-- both sides have a customer once.
with

stores as (
    select * from {{ ref('dim_stores') }}
    where {{ is_today('as_of', 'time_zone') }}
),

members as (
    select
        store,
        segment,
        count(*) as member_count
    from {{ ref('segment_members') }}
    group by 1, 2
),

open_rows as (
    select
        store,
        segment,
        count(*) as open_row_count
    from {{ ref('segment_history') }}
    where left_at is null
    group by 1, 2
)

select
    stores.store,
    coalesce(members.segment, open_rows.segment) as segment,
    members.member_count,
    open_rows.open_row_count
from members
full join open_rows
    on
        members.store = open_rows.store
        and members.segment = open_rows.segment
inner join stores on coalesce(members.store, open_rows.store) = stores.store
where coalesce(members.member_count, 0) <> coalesce(open_rows.open_row_count, 0)
