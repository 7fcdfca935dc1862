{# A number of orders in words: "1 order", "3 orders". #}
{% macro orders_in_words(number) -%}
    cast({{ number }} as text) || case {{ number }} when 1 then ' order' else ' orders' end
{%- endmacro %}


{# A share in words, in whole per cent: "75 %". #}
{% macro share_in_words(share) -%}
    cast(cast(round({{ product(share, 100) }}, 0) as decimal(38, 0)) as text) || ' %'
{%- endmacro %}
