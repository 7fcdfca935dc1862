{# What is sent of a row, as one hash: equal as long as no field that is sent changes. Each value
   stands after its field's name and its own length, so that no two rows read alike. #}
{% macro payload_hash(fields) -%}
    md5(
        {%- for field in fields %}
        '{{ field }}' || coalesce(
            cast(length(cast({{ field }} as text)) as text) || ':' || cast({{ field }} as text), '-'
        ){{ ' ||' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}


{# A moment as ISO 8601 with its offset, to the second. #}
{% macro iso_moment(moment) -%}
    replace(cast(date_trunc('second', timezone('UTC', {{ moment }})) as text), ' ', 'T') || '+00:00'
{%- endmacro %}


{# Money in whole cents; null when there are more of them than a bigint holds. #}
{% macro cents(amount) -%}
    cast(round({{ product(amount, 100, 6, "9e18") }}, 0) as bigint)
{%- endmacro %}


{# What every phone number of a country begins with abroad (ITU E.164), and at home. #}
{% macro calling_codes() -%}
    {{ return({
        'FI': ['358', '0'], 'AX': ['358', '0'], 'SE': ['46', '0'], 'NO': ['47', ''],
        'DK': ['45', ''], 'EE': ['372', ''], 'LV': ['371', ''], 'LT': ['370', '0'],
        'DE': ['49', '0'], 'NL': ['31', '0'], 'BE': ['32', '0'], 'FR': ['33', '0'],
        'GB': ['44', '0'], 'IE': ['353', '0'], 'AT': ['43', '0'], 'CH': ['41', '0'],
        'PL': ['48', ''], 'ES': ['34', ''], 'PT': ['351', ''], 'GR': ['30', ''],
        'CY': ['357', ''], 'US': ['1', ''], 'CA': ['1', ''],
    }) }}
{%- endmacro %}


{# A phone number in E.164; null when nobody can tell what it would be. #}
{% macro e164(phone, country) -%}
    {#- +358 (0)40 is written for readers at home and abroad -#}
    {%- set bare = "replace(" ~ phone ~ ", '(0)', '')" -%}
    {%- set signs = "regexp_replace(" ~ bare ~ ", '[^0-9+]', '', 'g')" -%}
    {%- set digits = "regexp_replace(" ~ bare ~ ", '[^0-9]', '', 'g')" -%}
    case
        when {{ signs }} like '+%' and length({{ digits }}) between 8 and 15 and {{ digits }} not like '0%'
            then '+' || {{ digits }}
        when {{ digits }} like '00%' and length({{ digits }}) between 10 and 17
            and {{ digits }} not like '000%'
            then '+' || substr({{ digits }}, 3)
        {%- for country_code, (code, trunk) in calling_codes().items() %}
        when {{ country }} = '{{ country_code }}' and length({{ digits }}) between 6 and 12
            {%- if trunk %} and {{ digits }} like '{{ trunk }}%'{% endif %}
            and {{ digits }} not like '00%'
            then '+{{ code }}' || substr({{ digits }}, {{ trunk | length + 1 }})
        {%- endfor %}
    end
{%- endmacro %}


{# ISO 639-1 of what a store calls its languages: MyCashflow says `se` for Swedish. #}
{% macro iso_language(language) -%}
    case
        when lower(substr({{ language }}, 1, 2)) = 'se' then 'sv'
        else lower(substr({{ language }}, 1, 2))
    end
{%- endmacro %}


{# Members of a list in one text, in an order that every warehouse agrees on; U+001F between them. #}
{% macro joined(member) -%}
    string_agg({{ member }}, chr(31) order by md5({{ member }}))
{%- endmacro %}


{# An id at Custobar, letters, digits and dashes only. In mode enrich it is the store's own id, which
   the store's integration sends, too; in mode full it begins with the store's name. #}
{% macro custobar_id(store, id) -%}
    {%- if var('custobar_mode') == 'enrich' -%}
        cast({{ id }} as text)
    {%- else -%}
        replace({{ store }}, '_', '-') || '-' || cast({{ id }} as text)
    {%- endif -%}
{%- endmacro %}


{# A customer's id at Custobar: of an account its number, of anybody else our key. #}
{% macro custobar_customer_id(customers) -%}
    {{ custobar_id(
        customers ~ '.store',
        "coalesce(cast(" ~ customers ~ ".customer_id as text), " ~ customers ~ ".customer_key)"
    ) }}
{%- endmacro %}


{# A product's id at Custobar: product, or product and variation. #}
{% macro custobar_product_id(rows) -%}
    replace({{ rows }}.store, '_', '-') || '-' || cast({{ rows }}.product_id as text)
    || coalesce('-' || cast({{ rows }}.variation_id as text), '')
{%- endmacro %}
