with

orders as (
    select * from {{ ref('fct_orders') }}
),

lines as (
    select * from {{ ref('fct_order_lines') }}
),

email_statements as (
    select * from {{ ref('int_email_statements_ordered') }}
),

stores as (
    select * from {{ ref('dim_stores') }}
),

known_days as (
    select min(ordered_date) as date_day from orders
    union all
    select min(line_date) as date_day from lines
    union all
    select min(joined_date) as date_day from email_statements
    union all
    select max(ordered_date) as date_day from orders
    union all
    select max(as_of) as date_day from stores
),

span as (
    select
        cast(date_trunc('year', min(date_day)) as date) as first_day,
        max(date_day) as last_day
    from known_days
),

digits as (
    select numerals.digit from (
        values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)
    ) as numerals (digit)
),

day_numbers as (
    select
        ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit
        + 10000 * ten_thousands.digit as day_number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as ten_thousands
),

days as (
    select span.first_day + day_numbers.day_number as date_day
    from span
    inner join day_numbers on span.last_day - span.first_day >= day_numbers.day_number
),

final as (
    select
        date_day,
        cast(extract(year from date_day) as bigint) as year_number,
        cast(extract(quarter from date_day) as bigint) as quarter_number,
        cast(extract(month from date_day) as bigint) as month_number,
        cast(extract(isoyear from date_day) as bigint) as iso_year_number,
        cast(extract(week from date_day) as bigint) as iso_week_number,
        cast(extract(isodow from date_day) as bigint) as weekday_number,
        extract(isodow from date_day) > 5 as is_weekend,
        cast(date_trunc('week', date_day) as date) as week_start_date,
        cast(date_trunc('month', date_day) as date) as month_start_date
    from days
)

select * from final
