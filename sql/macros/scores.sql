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
