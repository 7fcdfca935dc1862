with

accounts as (
    select * from {{ staged('customers') }} as customers
    where not is_deleted
),

stores as (
    select * from {{ stores_and_ends(ref('int_stores_dated')) }} as stores
),

email_statements as (
    select * from {{ ref('int_email_statements_ordered') }}
    where is_newest
),

statements as (
    select
        accounts.store,
        accounts.email_normalised,
        accounts.is_email_subscribed as has_consent,
        false as is_on_list
    from accounts
    left join stores on accounts.store = stores.store
    where {{ has_begun('accounts.registered_at') }}
    union all
    select
        store,
        email_normalised,
        is_on_list as has_consent,
        is_on_list
    from email_statements
),

final as (
    select
        store,
        email_normalised,
        bool_and(has_consent) as has_email_consent,
        bool_or(is_on_list) as is_subscriber
    from statements
    where email_normalised is not null
    group by 1, 2
)

select * from final
