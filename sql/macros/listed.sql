{# True where a dbt variable lists the value for the store (`{main: [12, 34]}`), false where it lists
   others, null where the store is not in it. #}
{% macro is_listed(variable, store, value) -%}
    {%- set listed = var(variable) -%}
    {%- if listed is mapping and listed -%}
        case {{ store }}
            {%- for name, values in listed.items() %}
                {%- set literals = [] -%}
                {%- for each in values or [''] -%}
                    {%- do literals.append("'" ~ each ~ "'") -%}
                {%- endfor %}
                when '{{ name }}' then cast({{ value }} as text) in ({{ literals | join(', ') }})
            {%- endfor %}
        end
    {%- else -%}
        cast(null as boolean)
    {%- endif -%}
{%- endmacro %}


{# True for a product that the settings name as a gift card (`gift_card_products`). #}
{% macro is_gift_card_product(store, product_id) -%}
    coalesce({{ is_listed('gift_card_products', store, product_id) }}, false)
{%- endmacro %}
