-- Nothing is lost or doubled between staging and marts: rows and money of each store agree, less
-- what the store has deleted, what began after as_of, and orders that are out of range.
with

stores as (
    select * from {{ stores_and_ends(ref('dim_stores')) }} as stores
),

known_orders as (
    select * from {{ staged('orders') }} as orders
    where not is_deleted and not {{ is_out_of_range() }}
),

staged_orders as (
    select
        orders.store,
        orders.order_id
    from known_orders as orders
    left join stores on orders.store = stores.store
    where {{ has_begun('orders.ordered_at') }}
),

order_taxes as (
    select
        order_taxes.store,
        order_taxes.order_id,
        order_taxes.component,
        round(sum(order_taxes.amount_incl_vat), 2) as incl_vat,
        round(sum(order_taxes.amount_excl_vat), 2) as excl_vat
    from {{ staged('order_taxes') }} as order_taxes
    inner join staged_orders
        on
            order_taxes.store = staged_orders.store
            and order_taxes.order_id = staged_orders.order_id
    where
        order_taxes.component in ('goods', 'shipping', 'fees') and not order_taxes.is_deleted
    group by 1, 2, 3
),

staged_taxes as (
    select
        store,
        incl_vat,
        excl_vat
    from order_taxes
    union all
    select
        later.store,
        -later.incl_vat as incl_vat,
        -later.excl_vat as excl_vat
    from {{ later_lines() }} as later
    inner join order_taxes
        on
            later.store = order_taxes.store
            and later.order_id = order_taxes.order_id
            and order_taxes.component = 'goods'
),

staged as (
    select
        store,
        'orders' as measure,
        count(*) as quantity
    from staged_orders
    group by 1, 2
    union all
    select
        order_lines.store,
        'pieces' as measure,
        sum(order_lines.quantity) as quantity
    from {{ staged('order_lines') }} as order_lines
    inner join staged_orders
        on
            order_lines.store = staged_orders.store
            and order_lines.order_id = staged_orders.order_id
    left join stores on order_lines.store = stores.store
    where not order_lines.is_deleted and {{ has_begun('order_lines.created_at') }}
    group by 1, 2
    union all
    select
        payments.store,
        'payments' as measure,
        sum(round(payments.amount, 2)) as quantity
    from {{ staged('payments') }} as payments
    inner join staged_orders
        on
            payments.store = staged_orders.store
            and payments.order_id = staged_orders.order_id
    left join stores on payments.store = stores.store
    where not payments.is_deleted and {{ has_begun('payments.created_at') }}
    group by 1, 2
    union all
    select
        store,
        'money with VAT' as measure,
        sum(incl_vat) as quantity
    from staged_taxes
    group by 1, 2
    union all
    select
        store,
        'money without VAT' as measure,
        sum(excl_vat) as quantity
    from staged_taxes
    group by 1, 2
),

held as (
    select
        store,
        'orders' as measure,
        count(*) as quantity
    from {{ ref('fct_orders') }}
    group by 1, 2
    union all
    select
        store,
        'pieces' as measure,
        sum(quantity) as quantity
    from {{ ref('fct_order_lines') }}
    group by 1, 2
    union all
    select
        store,
        'payments' as measure,
        sum(amount) as quantity
    from {{ ref('fct_payments') }}
    group by 1, 2
    union all
    select
        store,
        'money with VAT' as measure,
        sum(gross_sales - returns + shipping + fees) as quantity
    from {{ ref('fct_orders') }}
    where has_tax_summary
    group by 1, 2
    union all
    select
        store,
        'money without VAT' as measure,
        sum(gross_sales_excl_vat - returns_excl_vat + shipping_excl_vat + fees_excl_vat) as quantity
    from {{ ref('fct_orders') }}
    where has_tax_summary
    group by 1, 2
)

select
    coalesce(staged.store, held.store) as store,
    coalesce(staged.measure, held.measure) as measure,
    staged.quantity as staged_quantity,
    held.quantity as held_quantity
from staged
full join held
    on
        staged.store = held.store
        and staged.measure = held.measure
where coalesce(staged.quantity, 0) <> coalesce(held.quantity, 0)
