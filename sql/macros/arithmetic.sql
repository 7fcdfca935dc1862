{# Arithmetic that no amount stops. DuckDB multiplies short decimals in 18 digits and divides in
   doubles; here a result has room or is null, and a quotient is rounded once, from what it is. The
   outer casts are for PostgreSQL, which forgets the decimals of a case that may be null. #}


{# From here on the amounts of an order are none that marts hold: ten of them fit decimal(18, 2).
   Doubles decide it, a hair too early or too late, so macros of money give null at twice as much. #}
{% macro largest_amount() -%}
    1e15
{%- endmacro %}


{# A product, exact; null when it comes to the limit. `places` are the decimals of the factor that
   count; together with those of the other one they are 20 at most, which leaves 18 digits. #}
{% macro product(factor, other, places=6, limit='2e17') -%}
    case
        when
            abs(cast({{ factor }} as double precision) * cast({{ other }} as double precision))
            < {{ limit }}
            then cast({{ factor }} as decimal(38, {{ places }})) * {{ other }}
    end
{%- endmacro %}


{# A quotient rounded to so many decimals; null when there is nothing to divide by, or when it does
   not fit so many digits. #}
{% macro ratio(dividend, divisor, decimals, digits=18) -%}
    cast(case
        when
            abs(cast({{ dividend }} as double precision)) < least(
                1e{{ 31 - decimals }},
                abs(cast({{ divisor }} as double precision)) * 1e{{ digits - decimals - 1 }}
            )
            then cast({{ rounded_quotient(
                "cast(" ~ dividend ~ " as decimal(38, 6))", "cast(" ~ divisor ~ " as decimal(38, 6))",
                decimals
            ) }} as decimal({{ digits }}, {{ decimals }}))
    end as decimal({{ digits }}, {{ decimals }}))
{%- endmacro %}


{# A quotient as exact as anything asks for. #}
{% macro quotient(dividend, divisor) -%}
    {{ ratio(dividend, divisor, 8, 28) }}
{%- endmacro %}


{# A number as raw tables hold them, in 18 digits; null when it has more. #}
{% macro fitted(number) -%}
    cast(
        case when abs({{ number }}) < 999999999999 then {{ number }} end as decimal(18, 6)
    )
{%- endmacro %}
