{# A score from 1 to 5 of a percent_rank, 5 the best fifth. Equal values have the same rank, so they
   have the same score; ntile() would part them. #}
{% macro fifth(percent_rank) -%}
    case
        when {{ percent_rank }} >= 0.8 then 5
        when {{ percent_rank }} >= 0.6 then 4
        when {{ percent_rank }} >= 0.4 then 3
        when {{ percent_rank }} >= 0.2 then 2
        else 1
    end
{%- endmacro %}


{# The column of a number over the window that frequency and money of RFM are counted in. #}
{% macro rfm_window(column) -%}
    {{ column }}{{ '' if var('rfm_is_lifetime') else '_365_days' }}
{%- endmacro %}


{# The same window in words, before what happened in it. #}
{% macro rfm_window_in_words() -%}
    {{ "'; ever '" if var('rfm_is_lifetime') else "'; in 365 days '" }}
{%- endmacro %}
