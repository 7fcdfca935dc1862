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


{# True when a text matches a pattern, whatever the case: `*` stands for any signs or none, every
   other sign for itself. #}
{% macro matches_pattern(text, pattern) -%}
    lower({{ text }}) like replace(
        replace(replace(replace(lower({{ pattern }}), '!', '!!'), '%', '!%'), '_', '!_'), '*', '%'
    ) escape '!'
{%- endmacro %}
