-- A payment in another currency is in neither paid nor refunded: nobody documents which way its
-- exchange rate goes.
{{ config(severity='warn') }}

select
    payment_key,
    currency,
    amount,
    exchange_rate
from {{ ref('fct_payments') }}
where not is_in_store_currency
