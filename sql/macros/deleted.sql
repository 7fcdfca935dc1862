{# True when the store no longer has the record; what is nested in it goes with it. The one look at
   another table that staging allows itself. `in`, not `exists`: DuckDB answers it without a copy of
   the table. `is not null`: one null in the list would make every answer null. #}
{% macro is_deleted(resource, id='id') -%}
    (store, cast({{ id }} as text)) in (
        select
            deleted_records.store,
            deleted_records.id
        from {{ source('ops', 'deleted_records') }} as deleted_records
        where
            deleted_records.resource = '{{ resource }}'
            and deleted_records.store is not null
            and deleted_records.id is not null
    )
{%- endmacro %}
