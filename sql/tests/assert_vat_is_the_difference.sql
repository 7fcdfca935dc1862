-- The tax summary's own VAT is its total with VAT less its total without. We use the two totals.
{{ config(severity='warn', enabled='mycashflow' in var('platforms')) }}

select
    store,
    order_id,
    component,
    amount_incl_vat,
    amount_excl_vat,
    vat_amount
from {{ ref('stg_mycashflow__order_taxes') }}
where not is_deleted and abs(amount_incl_vat - amount_excl_vat - vat_amount) > 0.01
