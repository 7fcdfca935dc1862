{# The text without spaces around it, of whatever width; null when nothing is left. They are listed
   because trim() alone takes all of them away in DuckDB, and only the plain one in PostgreSQL. #}
{% macro tidy_text(column) -%}
    {%- set spaces = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
        "\u202f\u205f\u3000" -%}
    nullif(trim({{ column }}, '{{ spaces }}'), '')
{%- endmacro %}


{# The e-mail without white space, in lower case; null unless an @ stands between two signs. #}
{% macro normalised_email(column) -%}
    {%- set bare -%}
        lower(regexp_replace(translate({{ column }}, chr(160), ' '), '[ \t\n\r\f\v]', '', 'g'))
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
