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


{# The members of a JSON object as rows with `key` and `value`; of anything else none. #}
{% macro json_members(column) -%}
    json_each(cast(
        case when left({{ column }}, 1) = '{' then {{ column }} else '{}' end as json
    ))
{%- endmacro %}


{# True for what an add-on keeps out of an order's sums: PHP says so by any word at all. #}
{% macro is_free(exclude_from_calculate) -%}
    coalesce(lower({{ exclude_from_calculate }}), 'n') not in ('', '0', 'n', 'false', 'null')
{%- endmacro %}


{# A text as it is shown: the entities that PHP escapes signs with are signs again, unless
   the settings say that the store has none. #}
{% macro cscart_text(column) -%}
    {%- set text = namespace(sql=column) -%}
    {%- set entities = [
        ('&lt;', '<'), ('&gt;', '>'), ('&quot;', '"'), ('&#039;', "''"), ('&#39;', "''"), ('&amp;', '&')
    ] -%}
    {%- for entity, sign in entities if var('cscart_decode_entities') -%}
        {%- set text.sql = "replace(" ~ text.sql ~ ", '" ~ entity ~ "', '" ~ sign ~ "')" -%}
    {%- endfor -%}
    {{ text.sql }}
{%- endmacro %}


{# The taxes of a part that are paid beside its price: those that are not in the price, unless the
   order's total says otherwise (`int_cscart__order_tax_modes`). #}
{% macro tax_beside(mode, in_price, on_top) -%}
    case {{ mode }}
        when 'inside' then 0
        when 'exempt' then 0
        when 'beside' then coalesce({{ in_price }}, 0) + coalesce({{ on_top }}, 0)
        when 'lowered' then -coalesce({{ in_price }}, 0)
        else coalesce({{ on_top }}, 0)
    end
{%- endmacro %}


{# The taxes that a part's price includes. #}
{% macro tax_inside(mode, in_price, on_top) -%}
    case {{ mode }}
        when 'inside' then coalesce({{ in_price }}, 0) + coalesce({{ on_top }}, 0)
        when 'beside' then 0
        else coalesce({{ in_price }}, 0)
    end
{%- endmacro %}


{# All taxes of a part, inside its price and beside it. #}
{% macro tax_charged(mode, in_price, on_top) -%}
    case {{ mode }}
        when 'exempt' then coalesce({{ in_price }}, 0)
        when 'lowered' then 0
        else coalesce({{ in_price }}, 0) + coalesce({{ on_top }}, 0)
    end
{%- endmacro %}


{# True for an order that counts; a status that is missing counts, in every model. #}
{% macro counts(is_counted, status) -%}
    coalesce({{ is_counted }}, {{ status }} <> 'cancelled', true)
{%- endmacro %}


{# True when all taxes of `int_cscart__order_rates` together are those of an amount. #}
{% macro are_taxes_of(amount) -%}
    abs({{ amount_without_vat(amount, 'rate_in_price', 'true') }} + vat_in_price - {{ amount }}) <= 0.05
    and abs({{ amount_with_vat(amount, 'rate_on_top', 'false', 12) }} - vat_on_top - {{ amount }}) <= 0.05
{%- endmacro %}


{# The taxes on goods, each with whether it names the lines it is on. #}
{% macro goods_vat_parts() -%}
    (
        select
            *,
            bool_or(order_line_id is not null) over (
                partition by store, order_id, tax_position
            ) as is_named
        from {{ ref('int_cscart__order_vat_parts') }}
        where component = 'goods'
    )
{%- endmacro %}
