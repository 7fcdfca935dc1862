-- Doubles everywhere: they decide, and no amount is too large for them. Amounts below 1e8 are left
-- out of the sums, so that hardly a row is left to sum: no order has ten million of them.
with

orders as (
    select * from {{ staged('orders') }} as orders
    where not is_deleted
),

sized_lines as (
    select
        store,
        order_id,
        {{ vat_stretch('vat_rate') }} as stretch,
        -- null is what line_amount makes of an amount that is too large
        coalesce(cast(abs(stated_amount) as double precision), 1e30) as size
    from {{ staged('order_lines') }} as order_lines
    where not is_deleted
),

lines as (
    select
        store,
        order_id,
        max(stretch) as stretch,
        sum(size * stretch) as size
    from sized_lines
    where size * stretch >= 1e8 or stretch > 10
    group by 1, 2
),

taxes as (
    select
        store,
        order_id,
        sum(
            cast(abs(amount_incl_vat) as double precision)
            + cast(abs(amount_excl_vat) as double precision)
        ) as size
    from {{ staged('order_taxes') }} as order_taxes
    where not is_deleted and (abs(amount_incl_vat) >= 1e8 or abs(amount_excl_vat) >= 1e8)
    group by 1, 2
),

payments as (
    select
        store,
        order_id,
        sum(cast(abs(amount) as double precision)) as size
    from {{ staged('payments') }} as payments
    where not is_deleted and abs(amount) >= 1e8
    group by 1, 2
),

measured as (
    select
        orders.store,
        orders.platform,
        orders.order_id,
        coalesce(lines.stretch, 1) as stretch,
        coalesce(lines.size, 0) as line_size,
        coalesce(taxes.size, 0) as tax_size,
        coalesce(payments.size, 0) as payment_size,
        cast(
            abs(coalesce(orders.stated_discount, 0))
            + abs(coalesce(orders.stated_shipping, 0))
            + abs(coalesce(orders.stated_fees, 0)) as double precision
        ) * coalesce(lines.stretch, 1) as part_size
    from orders
    left join lines
        on
            orders.store = lines.store
            and orders.order_id = lines.order_id
    left join taxes
        on
            orders.store = taxes.store
            and orders.order_id = taxes.order_id
    left join payments
        on
            orders.store = payments.store
            and orders.order_id = payments.order_id
),

final as (
    select
        store,
        platform,
        order_id,
        case
            when stretch >= {{ largest_amount() }} then 'a line has a VAT rate that cannot be'
            when line_size >= {{ largest_amount() }} then 'its lines come to 10^15 or more'
            when part_size >= {{ largest_amount() }}
                then 'its discount, delivery and fees come to 10^15 or more'
            when tax_size >= {{ largest_amount() }} then 'its tax summary comes to 10^15 or more'
            when payment_size >= {{ largest_amount() }} then 'its payments come to 10^15 or more'
        end as reason
    from measured
    where
        greatest(stretch, line_size, part_size, tax_size, payment_size) >= {{ largest_amount() }}
)

select * from final
