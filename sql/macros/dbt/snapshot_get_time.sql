{# The time of a snapshot with its zone: without one it would be in that of the session. #}
{% macro default__snapshot_get_time() -%}
    current_timestamp
{%- endmacro %}
