with

orders as (
    select * from {{ ref('stg_cscart__orders') }}
    where not is_deleted
),

order_statuses as (
    select * from {{ ref('int_cscart__order_statuses') }}
),

final as (
    select
        orders.order_key as payment_key,
        orders.order_key,
        orders.store,
        orders.platform,
        orders.order_id as payment_id,
        orders.order_id,
        orders.payment_method_id,
        case
            when order_statuses.is_counted then 'paid'
            when order_statuses.is_cancelled then 'cancelled'
            else 'open'
        end as status,
        cast(null as text) as currency,
        orders.stated_total as amount,
        cast(null as decimal(18, 6)) as exchange_rate,
        cast(null as boolean) as is_confirmed,
        coalesce(order_statuses.is_counted, false) as is_paid,
        orders.is_deleted,
        orders.ordered_at as created_at,
        orders.updated_at
    from orders
    left join order_statuses
        on
            orders.store = order_statuses.store
            and orders.status = order_statuses.status
)

select * from final
