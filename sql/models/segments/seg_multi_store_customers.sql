with

buyers as (
    select * from {{ ref('dim_customers') }}
    where order_count > 0
),

persons as (
    select
        person_key,
        count(distinct store) as store_count,
        string_agg(distinct store, ', ' order by store) as stores
    from buyers
    where person_key is not null
    group by 1
),

final as (
    select
        buyers.store,
        'multi_store_customers' as segment,
        buyers.customer_key,
        buyers.as_of,
        'orders in ' || cast(persons.store_count as text) || ' stores: ' || persons.stores as reason
    from buyers
    inner join persons on buyers.person_key = persons.person_key
    where persons.store_count > 1
)

select * from final
