-- Whoever bought is a customer with an account or a guest, never both and never neither; and the
-- purchases of all customers are the purchases of all orders that belong to somebody.
with

buyers as (
    select
        store,
        count(*) as buyer_count,
        count(*) filter (where is_account) as account_count,
        count(*) filter (where is_guest) as guest_count,
        sum(order_count) as order_count
    from {{ ref('dim_customers') }}
    where order_count > 0
    group by 1
),

purchases as (
    select
        orders.store,
        count(distinct orders.customer_key) as buyer_count,
        count(*) as order_count
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('dim_stores') }} as stores on orders.store = stores.store
    where
        orders.is_purchase
        and orders.customer_key is not null
        and orders.ordered_date <= stores.as_of
    group by 1
)

select
    coalesce(purchases.store, buyers.store) as store,
    purchases.buyer_count as ordering_buyer_count,
    buyers.buyer_count,
    buyers.account_count,
    buyers.guest_count
from purchases
full join buyers on purchases.store = buyers.store
where
    coalesce(purchases.buyer_count, 0) <> coalesce(buyers.account_count + buyers.guest_count, 0)
    or coalesce(purchases.buyer_count, 0) <> coalesce(buyers.buyer_count, 0)
    or coalesce(purchases.order_count, 0) <> coalesce(buyers.order_count, 0)
