{# The text with its letters composed (Unicode's form NFC). #}
{% macro composed(text) -%}
    {{ return(adapter.dispatch('composed', 'kassavirta')(text)) }}
{%- endmacro %}

{% macro default__composed(text) -%}
    nfc_normalize({{ text }})
{%- endmacro %}

{% macro postgres__composed(text) -%}
    normalize({{ text }}, NFC)
{%- endmacro %}


{# A code point, given in hex, as regular expressions write it. #}
{% macro code_point(code) -%}
    {{ return(adapter.dispatch('code_point', 'kassavirta')(code)) }}
{%- endmacro %}

{% macro default__code_point(code) -%}
    {{ '\\x{' ~ code ~ '}' }}
{%- endmacro %}

{% macro postgres__code_point(code) -%}
    {{ '\\U' ~ code.rjust(8, '0') }}
{%- endmacro %}
