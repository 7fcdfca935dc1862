{# True when the store no longer has the record; what is nested in it goes with it. The one look at
   other tables that staging allows itself. `in`, not `exists`: DuckDB answers it without a copy of
   the table. `is not null`: one null in the list would make every answer null. As of a day of its
   own, a record that was found missing later, by the store's own clock, was still there. #}
{% macro is_deleted(resource, id='id') -%}
    (store, cast({{ id }} as text)) in (
        select
            deleted_records.store,
            deleted_records.id
        from {{ source('ops', 'deleted_records') }} as deleted_records
        {%- if var('as_of') %}
        left join {{ source('ops', 'stores') }} as stores on deleted_records.store = stores.store
        {%- endif %}
        where
            deleted_records.resource = '{{ resource }}'
            and deleted_records.store is not null
            and deleted_records.id is not null
            {%- if var('as_of') %}
            and coalesce(
                deleted_records.detected_at
                < {{ end_of_day(as_of_date('stores.time_zone'), 'stores.time_zone') }},
                true
            )
            {%- endif %}
    )
{%- endmacro %}
