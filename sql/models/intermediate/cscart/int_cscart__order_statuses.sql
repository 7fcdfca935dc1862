with

orders as (
    select distinct
        store,
        status_code,
        status
    from {{ ref('stg_cscart__orders') }}
    where status_code is not null and not is_deleted
),

-- whether is_deleted or not: what it meant still holds for the orders left in it
statuses as (
    select * from {{ ref('stg_cscart__statuses') }}
),

speaking_stores as (
    select distinct store from statuses
    where is_payment_received
),

final as (
    select
        orders.store,
        orders.status,
        coalesce(
            {{ is_listed('counted_statuses', 'orders.store', 'orders.status_code') }},
            case
                when speaking_stores.store is null then orders.status_code in ('P', 'C')
                else coalesce(statuses.is_payment_received, false)
            end
        ) as is_counted,
        orders.status in ('failed', 'declined', 'cancelled') as is_cancelled
    from orders
    left join speaking_stores on orders.store = speaking_stores.store
    left join statuses
        on
            orders.store = statuses.store
            and orders.status_code = statuses.status_code
)

select * from final
