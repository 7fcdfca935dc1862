{# How far the parts of an order are from the nearest of the totals that they may come to. #}
{% macro distance_to_total(parts, totals) -%}
    least({% for total in totals %}abs({{ parts }} - {{ total }}){{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}


{# 1 when a discount is taken off as the API states it, -1 when its sign has to be turned: no document
   tells the sign. The total decides where one of the two leads to it; where neither does, it holds
   something else, and a discount lowers what was sold, or what was sent back. #}
{% macro discount_sign(goods, discounts, shipping, fees, totals) -%}
    {%- set taken = distance_to_total(
        goods ~ " - " ~ discounts ~ " + " ~ shipping ~ " + " ~ fees, totals
    ) -%}
    {%- set turned = distance_to_total(
        goods ~ " + " ~ discounts ~ " + " ~ shipping ~ " + " ~ fees, totals
    ) -%}
    case
        when {{ taken }} <= 0.05 and {{ taken }} <= {{ turned }} then 1
        when {{ turned }} <= 0.05 then -1
        when coalesce({{ goods }}, 0) >= 0 and {{ discounts }} < 0 then -1
        when {{ goods }} < 0 and {{ discounts }} > 0 then -1
        else 1
    end
{%- endmacro %}
