with

stores as (
    select * from {{ ref('dim_stores') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
),

ends as (
    select
        store,
        last_whole_day as end_date
    from stores
    union distinct
    select
        store,
        shared_last_whole_day as end_date
    from stores
),

spans as (
    select
        store,
        end_date,
        period,
        last_date - day_count + 1 as first_date,
        last_date,
        true as is_over
    from (
        select
            ends.store,
            ends.end_date,
            kinds.period,
            kinds.day_count,
            case
                when kinds.is_year_before then cast(ends.end_date - interval '1 year' as date)
                else ends.end_date - kinds.days_earlier
            end as last_date
        from ends
        cross join (
            values
            ('last_30_days', 30, 0, false),
            ('previous_30_days', 30, 30, false),
            ('last_30_days_year_before', 30, 0, true),
            ('last_365_days', 365, 0, false),
            ('previous_365_days', 365, 365, false)
        ) as kinds (period, day_count, days_earlier, is_year_before)
    ) as dated
),

weeks as (
    select
        ends.store,
        ends.end_date,
        'week' as period,
        dates.date_day - 6 as first_date,
        dates.date_day as last_date,
        true as is_over
    from ends
    inner join dates on dates.date_day between ends.end_date - 727 and ends.end_date
    where (ends.end_date - dates.date_day) % 7 = 0
),

months as (
    select
        ends.store,
        ends.end_date,
        'month' as period,
        dates.date_day as first_date,
        least(
            cast(dates.date_day + interval '1 month' as date) - 1, ends.end_date
        ) as last_date,
        cast(dates.date_day + interval '1 month' as date) - 1 <= ends.end_date as is_over
    from ends
    inner join dates on ends.end_date >= dates.date_day
    where dates.date_day = dates.month_start_date
),

-- of its own store alone: where another store ends earlier, this day is over here
running_days as (
    select
        store,
        last_whole_day as end_date,
        'running_day' as period,
        last_whole_day + 1 as first_date,
        last_whole_day + 1 as last_date,
        false as is_over
    from stores
    where last_whole_day < as_of
),

periods as (
    select * from spans
    union all
    select * from weeks
    union all
    select * from months
    union all
    select * from running_days
),

final as (
    select
        periods.store,
        periods.period,
        periods.is_over,
        bool_or(periods.end_date = stores.last_whole_day) as is_latest,
        bool_or(periods.end_date = stores.shared_last_whole_day) as is_shared,
        periods.first_date,
        periods.last_date
    from periods
    inner join stores on periods.store = stores.store
    group by 1, 2, 3, 6, 7
)

select * from final
