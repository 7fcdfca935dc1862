{# What a clock in a store's own time zone shows at a moment. #}
{% macro local_time(moment, time_zone) -%}
    timezone({{ time_zone }}, {{ moment }})
{%- endmacro %}


{# The calendar day a moment falls on in a store's own time zone. #}
{% macro local_date(moment, time_zone) -%}
    cast({{ local_time(moment, time_zone) }} as date)
{%- endmacro %}


{# The day everything is computed as of: the variable, else today in the store's own time zone. #}
{% macro as_of_date(time_zone) -%}
    {%- if var('as_of') -%}
        cast('{{ var("as_of") }}' as date)
    {%- else -%}
        {{ local_date('current_timestamp', time_zone) }}
    {%- endif -%}
{%- endmacro %}


{# The moment a day ends in a store's own time zone. #}
{% macro end_of_day(day, time_zone) -%}
    timezone({{ time_zone }}, cast({{ day }} + 1 as timestamp))
{%- endmacro %}


{# The stores, with the moment their as_of ends: what begins later is not there yet. #}
{% macro stores_and_ends(relation) -%}
    (select *, {{ end_of_day('as_of', 'time_zone') }} as as_of_ends_at from {{ relation }})
{%- endmacro %}


{# True when something was there on its store's as_of; what has no date was. Needs `stores`, as
   stores_and_ends makes them. #}
{% macro has_begun(moment) -%}
    coalesce({{ moment }} < stores.as_of_ends_at, true)
{%- endmacro %}


{# The moment, null as long as it is yet to come; needs `stores` as well. #}
{% macro unless_later(moment) -%}
    case when {{ has_begun(moment) }} then {{ moment }} end
{%- endmacro %}


{# The sums of an order's lines of after as_of. The tax summary has no date: it holds them, too. #}
{% macro later_lines() -%}
    (
        select
            store,
            order_id,
            sum(amount_incl_vat) as incl_vat,
            sum(amount_excl_vat) as excl_vat
        from {{ ref('int_order_lines_priced') }}
        where is_later
        group by 1, 2
    )
{%- endmacro %}


{# True when as_of is today: a day between the one on which this run began and the one it is now. #}
{% macro is_today(as_of, time_zone) -%}
    {%- set began_at = "cast('" ~ run_started_at ~ "' as timestamp with time zone)" -%}
    {{ as_of }} between {{ local_date(began_at, time_zone) }}
    and {{ local_date('current_timestamp', time_zone) }}
{%- endmacro %}


{# True when a day falls in the window (as_of - N days, as_of]. #}
{% macro is_within_days(day, days, as_of) -%}
    ({{ day }} > {{ as_of }} - {{ days }} and {{ day }} <= {{ as_of }})
{%- endmacro %}


{# A day and its distance in words: "2026-10-03, 12 days ago". #}
{% macro day_and_age(day, as_of) -%}
    cast({{ day }} as text) || case {{ as_of }} - {{ day }}
        when 0 then ', today'
        when 1 then ', 1 day ago'
        else ', ' || cast({{ as_of }} - {{ day }} as text) || ' days ago'
    end
{%- endmacro %}


{# The first day of a day's month. #}
{% macro month_start(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}
