-- A line that carries more than the rounding of each piece hides lines whose amount is not price
-- times quantity, or that are missing: the order is right, its split over lines is odd.
{{ config(severity='warn') }}

select
    order_lines.order_line_key,
    order_lines.amount_incl_vat,
    order_lines.remainder_incl_vat
from {{ ref('fct_order_lines') }} as order_lines
inner join {{ ref('fct_orders') }} as orders on order_lines.order_key = orders.order_key
where
    order_lines.is_counted
    and abs(order_lines.remainder_incl_vat) > 0.01 * (orders.line_count + orders.units)
