-- More money back than in is odd: a refund may be there twice, as a state and as a payment.
{{ config(severity='warn') }}

select
    order_key,
    paid,
    refunded
from {{ ref('fct_orders') }}
where refunded > paid and not is_return_order
