{# CS-Cart's letter of an order status in words; one of the store's own stays the letter it is. #}
{% macro cscart_status(code) -%}
    case {{ code }}
        when 'P' then 'paid'
        when 'C' then 'completed'
        when 'O' then 'open'
        when 'B' then 'backordered'
        when 'Y' then 'awaiting_call'
        when 'F' then 'failed'
        when 'D' then 'declined'
        when 'I' then 'cancelled'
        else lower({{ code }})
    end
{%- endmacro %}


{# True where dbt's variable lists the status for the store, null where the store is not in it. #}
{% macro is_listed_status(store, code) -%}
    {%- set listed = var('counted_statuses') -%}
    {%- if listed is mapping and listed -%}
        case {{ store }}
            {%- for name, codes in listed.items() %}
                when '{{ name }}' then {{ code }} in ('{{ codes | join("', '") }}')
            {%- endfor %}
        end
    {%- else -%}
        cast(null as boolean)
    {%- endif -%}
{%- endmacro %}


{# The members of a JSON object as rows with `key` and `value`; of anything else none. #}
{% macro json_members(column) -%}
    json_each(cast(
        case when left({{ column }}, 1) = '{' then {{ column }} else '{}' end as json
    ))
{%- endmacro %}
