{#- Only what was seen on the day itself is history. As of any other day nobody enters, and the rows
    still open are handed in again, because to dbt a row that is missing is somebody who left. -#}
{% snapshot segment_history %}

with

members as (
    select * from {{ ref('segment_members') }}
),

stores as (
    select * from {{ ref('dim_stores') }}
    where {{ is_today('as_of', 'time_zone') }}
),

final as (
    select
        members.store,
        members.segment,
        members.customer_key
    from members
    inner join stores on members.store = stores.store
    {%- if load_relation(this) %}
    union all
    select
        history.store,
        history.segment,
        history.customer_key
    from {{ this }} as history
    left join stores on history.store = stores.store
    where history.left_at is null and stores.store is null
    {%- endif %}
)

select * from final

{% endsnapshot %}
