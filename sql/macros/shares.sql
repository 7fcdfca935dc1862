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


{# True for a product that the settings name as a gift card: `gift_card_products: {main: [12, 34]}`. #}
{% macro is_gift_card_product(store, product_id) -%}
    {%- set listed = var('gift_card_products') -%}
    {%- if listed is mapping and listed -%}
        coalesce(case {{ store }}
            {%- for name, ids in listed.items() %}
                when '{{ name }}' then {{ product_id }} in ({{ ids | map('int') | join(', ') or 'null' }})
            {%- endfor %}
        end, false)
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}
