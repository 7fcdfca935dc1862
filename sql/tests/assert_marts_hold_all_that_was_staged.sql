-- Nothing is lost or doubled between staging and marts: rows and money of each store agree, less
-- what the store has deleted, and orders that are out of range.
with

staged_taxes as (
    select
        store,
        order_id,
        component,
        round(sum(amount_incl_vat), 2) as incl_vat,
        round(sum(amount_excl_vat), 2) as excl_vat
    from {{ staged('order_taxes') }} as order_taxes
    where
        component in ('goods', 'shipping', 'fees')
        and not is_deleted
        and not {{ is_out_of_range() }}
    group by 1, 2, 3
),

staged as (
    select
        store,
        'orders' as measure,
        count(*) as quantity
    from {{ staged('orders') }} as orders
    where not is_deleted and not {{ is_out_of_range() }}
    group by 1, 2
    union all
    select
        store,
        'pieces' as measure,
        sum(quantity) as quantity
    from {{ staged('order_lines') }} as order_lines
    where not is_deleted and not {{ is_out_of_range() }}
    group by 1, 2
    union all
    select
        store,
        'payments' as measure,
        sum(round(amount, 2)) as quantity
    from {{ staged('payments') }} as payments
    where not is_deleted and not {{ is_out_of_range() }}
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
