with

payments as (
    select * from {{ staged('payments') }} as payments
    where not is_deleted and not {{ is_out_of_range() }}
),

stores as (
    select * from {{ ref('dim_stores') }}
),

settled as (
    select
        payments.*,
        coalesce(payments.currency, stores.currency) as payment_currency,
        coalesce(payments.currency, stores.currency) = stores.currency as is_in_store_currency,
        case
            when payments.status = 'cancelled' then false
            when payments.status in ('paid', 'refunded') then true
            else coalesce(payments.is_paid, false)
        end as is_settled
    from payments
    left join stores on payments.store = stores.store
),

final as (
    select
        payment_key,
        order_key,
        store,
        platform,
        payment_id,
        order_id,
        payment_method_id,
        status,
        payment_currency as currency,
        {{ money('amount') }} as amount,
        {{ money(
            'case when is_settled and is_in_store_currency and amount > 0 then amount else 0 end'
        ) }} as paid,
        {{ money(
            "case
                when is_settled and is_in_store_currency and (amount < 0 or status = 'refunded')
                    then abs(amount)
                else 0
            end"
        ) }} as refunded,
        exchange_rate,
        is_confirmed,
        is_settled,
        is_in_store_currency,
        created_at,
        updated_at
    from settled
)

select * from final
