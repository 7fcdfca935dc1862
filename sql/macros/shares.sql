{# A weight's part of an amount, in cents; 0 when nothing has a weight. #}
{% macro share_in_cents(amount, weight, total_weight) -%}
    {%- set whole = "cast(" ~ total_weight ~ " as decimal(38, 2))" -%}
    coalesce(
        case
            when {{ whole }} > 0
                then cast({{ rounded_quotient(
                    "(cast(" ~ amount ~ " as decimal(38, 2)) * cast(" ~ weight ~ " as decimal(38, 2)))",
                    whole, 2
                ) }} as decimal(18, 2))
        end,
        0
    )
{%- endmacro %}
