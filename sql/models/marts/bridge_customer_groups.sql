with

group_links as (
    select * from {{ staged('customer_group_links') }} as customer_group_links
    where not is_deleted and customer_id is not null and customer_group_key is not null
),

linking_stores as (
    select distinct store from group_links
),

account_groups as (
    select * from {{ staged('customer_group_members') }} as customer_group_members
    where not is_deleted and customer_group_key is not null
),

customer_groups as (
    select * from {{ staged('customer_groups') }} as customer_groups
),

stores as (
    select * from {{ stores_and_ends(ref('dim_stores')) }} as stores
),

accounts as (
    select * from {{ ref('dim_customers') }}
    where is_account
),

memberships as (
    select
        customer_key,
        customer_group_key,
        store,
        platform,
        customer_id,
        customer_group_id,
        null as customer_group_name
    from group_links
    union all
    select
        account_groups.customer_key,
        account_groups.customer_group_key,
        account_groups.store,
        account_groups.platform,
        account_groups.customer_id,
        account_groups.customer_group_id,
        account_groups.customer_group_name
    from account_groups
    left join linking_stores on account_groups.store = linking_stores.store
    where linking_stores.store is null
),

final as (
    select
        memberships.customer_key,
        memberships.customer_group_key,
        memberships.store,
        memberships.platform,
        memberships.customer_id,
        memberships.customer_group_id,
        max(coalesce(customer_groups.customer_group_name, memberships.customer_group_name))
            as customer_group_name
    from memberships
    inner join accounts on memberships.customer_key = accounts.customer_key
    left join customer_groups
        on memberships.customer_group_key = customer_groups.customer_group_key
    left join stores on memberships.store = stores.store
    where customer_groups.is_deleted is not true and {{ has_begun('customer_groups.created_at') }}
    group by 1, 2, 3, 4, 5, 6
)

select * from final
