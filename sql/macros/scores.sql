{# A score from 1 to 5, 5 the best fifth, of a place among so many. Equal values share the middle of
   their places: the rows below them and half of themselves. `twice_the_place` is that sum doubled,
   a whole number, so that no rounding decides at the edge of a fifth. #}
{% macro fifth(twice_the_place, row_count) -%}
    case
        when {{ twice_the_place }} * 5 >= {{ row_count }} * 8 then 5
        when {{ twice_the_place }} * 5 >= {{ row_count }} * 6 then 4
        when {{ twice_the_place }} * 5 >= {{ row_count }} * 4 then 3
        when {{ twice_the_place }} * 5 >= {{ row_count }} * 2 then 2
        else 1
    end
{%- endmacro %}


{# Twice the middle of the places that equal rows share in a window ordered from the lowest up. #}
{% macro twice_the_place(ordered) -%}
    rank() over {{ ordered }} - 1 + count(*) over {{ ordered }}
{%- endmacro %}


{# The column of a number over the window that RFM is of: 365 days, or the whole life. #}
{% macro rfm_window(column) -%}
    {{ column }}{{ '' if var('rfm_is_lifetime') else '_365_days' }}
{%- endmacro %}


{# The same window in words, before what happened in it. #}
{% macro rfm_window_in_words() -%}
    {{ "'; ever '" if var('rfm_is_lifetime') else "'; in 365 days '" }}
{%- endmacro %}


{# Three scores in a row, as the seed rfm_segments and marketing tools write them: "543". #}
{% macro rfm_code(recency, frequency, monetary) -%}
    cast({{ recency }} as text) || cast({{ frequency }} as text) || cast({{ monetary }} as text)
{%- endmacro %}


{# Where a customer stands by the days since the last purchase; `customers` has the days. #}
{% macro lifecycle_stage(customers) -%}
    case
        when {{ customers }}.order_count = 0 then 'prospect'
        when {{ customers }}.last_ordered_date <= {{ customers }}.as_of - {{ var('lapsed_customer_days') }}
            then 'lapsed'
        when {{ customers }}.last_ordered_date <= {{ customers }}.as_of - {{ var('lifecycle_days')[1] }}
            then 'lapsing'
        when {{ customers }}.first_ordered_date > {{ customers }}.as_of - {{ var('lifecycle_days')[0] }}
            then 'new'
        else 'active'
    end
{%- endmacro %}


{# Days of a usual gap as lateness is measured in them: a short one counts as the least. #}
{% macro counted_gap(gap) -%}
    case
        when {{ gap }} < {{ var('usual_gap_minimum_days') }} then {{ var('usual_gap_minimum_days') }}
        else {{ gap }}
    end
{%- endmacro %}


{# True when so many days are late: from the first to the second multiple of a usual gap. #}
{% macro is_late(days, gap) -%}
    {{ days }} between {{ counted_gap(gap) }} * {{ var('usual_gap_multiples')[0] }}
    and {{ counted_gap(gap) }} * {{ var('usual_gap_multiples')[1] }}
{%- endmacro %}


{# True when so many days are beyond being late. #}
{% macro is_long_overdue(days, gap) -%}
    {{ days }} > {{ counted_gap(gap) }} * {{ var('usual_gap_multiples')[1] }}
{%- endmacro %}


{# A usual gap in words, with what it counts as when that is more: "usual gap 30.0 days". #}
{% macro usual_gap_in_words(gap) -%}
    cast({{ gap }} as text) || ' days' || case
        when {{ gap }} < {{ var('usual_gap_minimum_days') }}
            then ', counted as {{ var('usual_gap_minimum_days') }}'
        else ''
    end
{%- endmacro %}
