with

accounts as (
    select * from {{ staged('customers') }} as customers
    where not is_deleted
),

email_subscribers as (
    select
        store,
        email_normalised,
        is_subscribed and not is_deleted as is_on_list,
        row_number() over (
            partition by store, email_normalised
            order by
                greatest(subscribed_at, unsubscribed_at) desc,
                is_subscribed and not is_deleted asc
        ) as newness_rank
    from {{ staged('email_subscribers') }} as email_subscribers
    where subscribed_at is not null or unsubscribed_at is not null
),

statements as (
    select
        store,
        email_normalised,
        is_email_subscribed as has_consent,
        false as is_on_list
    from accounts
    union all
    select
        store,
        email_normalised,
        is_on_list as has_consent,
        is_on_list
    from email_subscribers
    where newness_rank = 1
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
