{%- set fields = [
    'code', 'languagecode', 'name', 'supplier', 'eancode', 'currencycode', 'salesprice',
] -%}

with

products as (
    select * from {{ ref('dim_products') }}
),

mapped as (
    select
        store,
        cast(product_id as text) || coalesce('-' || cast(variation_id as text), '') as row_key,
        product_code as code,
        '{{ var("ogoship_language") }}' as languagecode,
        product_name || coalesce(' ' || variation_name, '') as name,
        supplier_name as supplier,
        barcode as eancode,
        currency as currencycode,
        cast(cast(round(price, 2) as decimal(18, 2)) as text) as salesprice,
        count(*) over (partition by store, product_code) as same_code_count
    from products
),

final as (
    select
        store,
        row_key,
        cast(null as text) as customer_key,
        {{ payload_hash(fields) }} as payload_hash,
        {{ fields | join(',\n        ') }},
        case when code is not null then same_code_count else 0 end as same_code_count,
        false as is_update_only
    from mapped
)

select * from final
