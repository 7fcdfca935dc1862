-- A shipping method that no pattern matches is a delivery nobody has told us how to fulfil: new or
-- renamed. A row in the seed shipping_method_map says what it is.
{{ config(severity='warn') }}

select
    store,
    shipping_method_id,
    shipping_method_name,
    shipment_count
from {{ ref('met_unmapped_shipping_methods') }}
