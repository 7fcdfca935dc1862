{# True for what belongs to an order that is left out of everything, because an amount of it is none
   that a mart can hold. `in`, not `exists`, as in is_deleted. #}
{% macro is_out_of_range() -%}
    coalesce((store, order_id) in (
        select
            out_of_range.store,
            out_of_range.order_id
        from {{ ref('int_orders_out_of_range') }} as out_of_range
        where out_of_range.order_id is not null
    ), false)
{%- endmacro %}


{# How many times as large an amount becomes when its VAT is put on or taken off; 1e30 for a rate
   that cannot be: nothing would be left, or no column holds it. #}
{% macro vat_stretch(vat_rate) -%}
    {%- set rate = "coalesce(cast(" ~ vat_rate ~ " as double precision), 0)" -%}
    case
        when {{ rate }} <= -100 or {{ rate }} >= 1e12 then 1e30
        else greatest(1 + {{ rate }} * 0.01, 1 / (1 + {{ rate }} * 0.01))
    end
{%- endmacro %}
