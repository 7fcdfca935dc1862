with

out_of_range as (
    select * from {{ ref('int_orders_out_of_range') }}
),

final as (
    select
        store,
        platform,
        order_id,
        reason
    from out_of_range
)

select * from final
