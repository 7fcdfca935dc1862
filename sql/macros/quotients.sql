{# A quotient rounded to so many decimals, 1 or more, halves away from zero; of two decimals in 38
   digits. A quotient of doubles comes near, what is left over is divided once more, and what is
   then left over tells exactly on which side of a half it is. #}
{% macro rounded_quotient(dividend, divisor, decimals) -%}
    {%- set unit = "0." ~ "0" * (decimals - 1) ~ "1" -%}
    {%- set size, by = "abs(" ~ dividend ~ ")", "abs(" ~ divisor ~ ")" -%}
    {%- set near = nearest_quotient(size, by, decimals) -%}
    {%- set left = "(" ~ size ~ " - " ~ near ~ " * " ~ by ~ ")" -%}
    {%- set found = "(" ~ near ~ " + " ~ nearest_quotient(left, by, decimals) ~ ")" -%}
    {%- set rest = "(" ~ size ~ " - " ~ found ~ " * " ~ by ~ ")" -%}
    sign({{ dividend }}) * sign({{ divisor }}) * (
        {{ found }} + case
            when {{ rest }} * 2 >= {{ by }} * {{ unit }} then {{ unit }}
            when {{ rest }} * 2 < -{{ by }} * {{ unit }} then -{{ unit }}
            else 0
        end
    )
{%- endmacro %}


{# The same by doubles, a unit or more away from it. #}
{% macro nearest_quotient(dividend, divisor, decimals) -%}
    cast(
        cast({{ dividend }} as double precision) / cast({{ divisor }} as double precision)
        as decimal(38, {{ decimals }})
    )
{%- endmacro %}
