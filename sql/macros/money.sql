{# Money as the marts hold it: two decimals, halves away from zero. #}
{% macro money(amount) -%}
    cast(round({{ amount }}, 2) as decimal(18, 2))
{%- endmacro %}


{# A sum of money over orders: they may come to more than one order can. #}
{% macro money_sum(amount) -%}
    cast(round({{ amount }}, 2) as decimal(28, 2))
{%- endmacro %}


{# Price times quantity, exact; null when it comes to what no amount of money is. #}
{% macro line_amount(unit_price, quantity) -%}
    cast({{ product(
        "coalesce(" ~ unit_price ~ ", 0)", "coalesce(" ~ quantity ~ ", 0)", 6, "2 * " ~ largest_amount()
    ) }} as decimal(38, 12))
{%- endmacro %}


{# True for what lowers an order: its price or its quantity is below zero, but not both. Goods
   that cost nothing are sent back by the quantity alone. #}
{% macro is_return(unit_price, quantity) -%}
    coalesce(
        ({{ quantity }} < 0 and coalesce({{ unit_price }}, 0) >= 0)
        or ({{ quantity }} > 0 and {{ unit_price }} < 0),
        false
    )
{%- endmacro %}


{# An amount with VAT, whichever way it was priced; null when it is none that a mart can hold.
   `places` are the decimals of the amount that count; with those of the rate they are 20 at most. #}
{% macro amount_with_vat(amount, vat_rate, prices_include_vat, places=6) -%}
    case
        when {{ prices_include_vat }} then {{ money(amount) }}
        else {{ money(
            "(" ~ product(amount, "(100 + coalesce(" ~ vat_rate ~ ", 0))", places) ~ ") * 0.01"
        ) }}
    end
{%- endmacro %}


{# An amount without VAT, whichever way it was priced; null when it is none that a mart can hold,
   or when the rate leaves nothing of it. #}
{% macro amount_without_vat(amount, vat_rate, prices_include_vat) -%}
    {%- set factor = "(cast(100 + coalesce(" ~ vat_rate ~ ", 0) as decimal(38, 14)) * 0.01)" -%}
    cast(case
        when ({{ prices_include_vat }}) is not true then {{ money(amount) }}
        when
            abs(cast({{ amount }} as double precision))
            < cast({{ factor }} as double precision) * 2 * {{ largest_amount() }}
            then cast({{ rounded_quotient(
                "cast(" ~ amount ~ " as decimal(38, 12))", factor, 2
            ) }} as decimal(18, 2))
    end as decimal(18, 2))
{%- endmacro %}
