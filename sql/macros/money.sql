{# Money as the marts hold it: two decimals, halves away from zero. #}
{% macro money(amount) -%}
    cast(round({{ amount }}, 2) as decimal(18, 2))
{%- endmacro %}


{# A quotient, null when there is nothing to divide by.
   DuckDB divides in doubles: the outer cast brings back the exact half that rounding needs. #}
{% macro quotient(dividend, divisor) -%}
    cast(cast({{ dividend }} as decimal(28, 6)) / nullif({{ divisor }}, 0) as decimal(28, 8))
{%- endmacro %}


{# A quotient rounded to so many decimals. #}
{% macro ratio(dividend, divisor, decimals) -%}
    cast(round({{ quotient(dividend, divisor) }}, {{ decimals }}) as decimal(18, {{ decimals }}))
{%- endmacro %}


{# Price times quantity. The cast makes room: two decimal(18, 6) overflow from 1,000,000 on. #}
{% macro line_amount(unit_price, quantity) -%}
    cast(
        cast(coalesce({{ unit_price }}, 0) as decimal(28, 6)) * coalesce({{ quantity }}, 0)
        as decimal(18, 6)
    )
{%- endmacro %}


{# An amount with VAT, whichever way it was priced. #}
{% macro amount_with_vat(amount, vat_rate, prices_include_vat) -%}
    case
        when {{ prices_include_vat }} then {{ money(amount) }}
        else {{ money(
            "cast(" ~ amount ~ " as decimal(28, 6)) * (100 + coalesce(" ~ vat_rate ~ ", 0)) * 0.01"
        ) }}
    end
{%- endmacro %}


{# An amount without VAT, whichever way it was priced. #}
{% macro amount_without_vat(amount, vat_rate, prices_include_vat) -%}
    case
        when {{ prices_include_vat }}
            then {{ money(quotient(amount ~ " * 100", "100 + coalesce(" ~ vat_rate ~ ", 0)")) }}
        else {{ money(amount) }}
    end
{%- endmacro %}
