{# Our key of a thing: the hash of its parts, null as soon as one part is null. #}
{% macro entity_key(parts) -%}
    md5(cast({{ parts | join(" as text) || '|' || cast(") }} as text))
{%- endmacro %}


{# The key of a customer the store knows by an account. #}
{% macro account_key(store, account_id) -%}
    {{ entity_key([store, "'account'", account_id]) }}
{%- endmacro %}


{# The key of a customer known by nothing but an e-mail address. #}
{% macro email_key(store, email) -%}
    {{ entity_key([store, "'email'", email]) }}
{%- endmacro %}


{# The key of what is sold: a variation, or a product that has none. #}
{% macro product_variation_key(store, product_id, variation_id) -%}
    coalesce(
        {{ entity_key([store, variation_id]) }}, {{ entity_key([store, "'product'", product_id]) }}
    )
{%- endmacro %}
