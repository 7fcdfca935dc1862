-- Nothing is lost or doubled between staging and marts: rows and money of each store agree.
with

staged_orders as (
    select
        store,
        count(*) as order_count
    from {{ ref('stg_mycashflow__orders') }}
    group by 1
),

staged_lines as (
    select
        store,
        count(*) as line_count,
        sum(quantity) as quantity
    from {{ ref('stg_mycashflow__order_lines') }}
    group by 1
),

staged_payments as (
    select
        store,
        sum(amount) as amount
    from {{ ref('stg_mycashflow__payments') }}
    group by 1
),

staged_taxes as (
    select
        store,
        sum(amount_incl_vat) filter (where component in ('goods', 'shipping', 'fees')) as incl_vat,
        sum(amount_excl_vat) filter (where component in ('goods', 'shipping', 'fees')) as excl_vat
    from {{ ref('stg_mycashflow__order_taxes') }}
    group by 1
),
x as (select 1)
select 1
