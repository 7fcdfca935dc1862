{# The text without spaces around it; null when nothing is left. #}
{% macro tidy_text(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}


{# The e-mail without white space, in lower case; null unless an @ stands between two signs. #}
{% macro normalised_email(column) -%}
    {%- set bare -%}
        lower(regexp_replace(translate({{ column }}, chr(160), ' '), '[[:space:]]', '', 'g'))
    {%- endset -%}
    case when {{ bare }} like '%_@_%' then {{ bare }} end
{%- endmacro %}
