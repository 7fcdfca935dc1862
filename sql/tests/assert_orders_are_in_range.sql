-- An order with an amount that no mart can hold is left out of everything: a typing error in a
-- price or a quantity, most likely. Once it is mended in the store it counts again.
{{ config(severity='warn') }}

select
    store,
    order_id,
    reason
from {{ ref('met_orders_out_of_range') }}
