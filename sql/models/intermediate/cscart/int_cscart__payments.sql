with

orders as (
    select * from {{ ref('stg_cscart__orders') }}
    where not is_deleted
),

order_statuses as (
    select * from {{ ref('int_cscart__order_statuses') }}
),

certificates as (
    select * from {{ ref('stg_cscart__used_gift_certificates') }}
    where not is_deleted and used_amount <> 0
),

certificate_sums as (
    select
        order_key,
        sum(used_amount) as used_amount
    from certificates
    group by 1
),

totals as (
    select
        store,
        order_id,
        sum(case when component = 'discounts' then -amount_incl_vat else amount_incl_vat end)
            as total
    from {{ ref('int_cscart__order_taxes') }}
    where not is_deleted
    group by 1, 2
),

-- the stated total is what is left to pay, unless it is all that the order comes to
used as (
    select
        orders.*,
        case
            when
                abs(orders.stated_total - totals.total) <= 0.05
                then coalesce(certificate_sums.used_amount, 0) + coalesce(orders.stated_points, 0)
            else 0
        end as amount_inside
    from orders
    left join certificate_sums on orders.order_key = certificate_sums.order_key
    left join totals
        on
            orders.store = totals.store
            and orders.order_id = totals.order_id
),

payments as (
    select
        order_key as payment_key,
        order_key,
        order_id as payment_id,
        cast(null as text) as payment_type,
        stated_total - amount_inside as amount
    from used
    union all
    select
        used_gift_certificate_key as payment_key,
        order_key,
        gift_certificate_id as payment_id,
        'gift_card' as payment_type,
        used_amount as amount
    from certificates
    union all
    select
        {{ entity_key(['store', 'order_id', "'points'"]) }} as payment_key,
        order_key,
        order_id as payment_id,
        'points' as payment_type,
        stated_points as amount
    from orders
    where stated_points <> 0
),

final as (
    select
        payments.payment_key,
        payments.order_key,
        orders.store,
        orders.platform,
        payments.payment_id,
        orders.order_id,
        case when payments.payment_type is null then orders.payment_method_id end
            as payment_method_id,
        payments.payment_type,
        case
            when {{ counts('order_statuses.is_counted', 'orders.status') }} then 'paid'
            when order_statuses.is_cancelled then 'cancelled'
            else 'open'
        end as status,
        cast(null as text) as currency,
        cast(payments.amount as decimal(28, 6)) as amount,
        cast(null as decimal(18, 6)) as exchange_rate,
        cast(null as boolean) as is_confirmed,
        {{ counts('order_statuses.is_counted', 'orders.status') }} as is_paid,
        orders.is_deleted,
        orders.ordered_at as created_at,
        orders.updated_at
    from payments
    inner join orders on payments.order_key = orders.order_key
    left join order_statuses
        on
            orders.store = order_statuses.store
            and orders.status = order_statuses.status
)

select * from final
