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
