with

orders as (
    select * from {{ ref('stg_cscart__orders') }}
    where not is_deleted
),

products as (
    select
        'line' as item_type,
        order_line_key,
        order_key,
        order_line_id,
        order_line_id as taxed_line_id,
        product_id,
        product_code,
        product_name,
        line_position,
        quantity,
        unit_price,
        stated_amount,
        is_discounted,
        {{ is_return('unit_price', 'quantity') }} as is_return,
        {{ is_gift_card_product('store', 'product_id') }} as is_gift_card
    from {{ ref('stg_cscart__order_lines') }}
    where not is_deleted
),

-- below 0, where no id of a line is: certificates, and what came back, as a sale and as a return
certificates as (
    select
        'certificate' as item_type,
        gift_certificate_key as order_line_key,
        order_key,
        -1 - 3 * certificate_position as order_line_id,
        cast(null as bigint) as taxed_line_id,
        cast(null as bigint) as product_id,
        cast(null as text) as product_code,
        'Gift certificate' as product_name,
        certificate_position as line_position,
        cast(1 as decimal(18, 6)) as quantity,
        stated_amount as unit_price,
        stated_amount,
        false as is_discounted,
        false as is_return,
        true as is_gift_card
    from {{ ref('stg_cscart__gift_certificates') }}
    where not is_deleted
),

ways as (
    select
        1 as sign,
        -2 as first_id
    union all
    select
        -1 as sign,
        -3 as first_id
),

returned as (
    select
        'returned' as item_type,
        {{ entity_key(['products.returned_product_key', 'ways.sign']) }} as order_line_key,
        products.order_key,
        ways.first_id - 3 * products.return_position as order_line_id,
        products.order_line_id as taxed_line_id,
        products.product_id,
        products.product_code,
        products.product_name,
        products.return_position as line_position,
        case when ways.sign < 0 then -products.quantity else products.quantity end as quantity,
        products.unit_price,
        case when ways.sign < 0 then -products.stated_amount else products.stated_amount end
            as stated_amount,
        false as is_discounted,
        ways.sign < 0 as is_return,
        {{ is_gift_card_product('products.store', 'products.product_id') }} as is_gift_card
    from {{ ref('stg_cscart__returned_products') }} as products
    cross join ways
    where not products.is_deleted and products.quantity > 0
),

items as (
    select * from products
    union all
    select * from certificates
    union all
    select * from returned
),

final as (
    select
        items.order_line_key,
        items.order_key,
        orders.store,
        orders.platform,
        items.order_line_id,
        items.taxed_line_id,
        orders.order_id,
        items.product_id,
        items.product_code,
        items.product_name,
        items.line_position,
        cast(items.quantity as decimal(18, 6)) as quantity,
        items.unit_price,
        cast(items.stated_amount as decimal(38, 12)) as stated_amount,
        items.is_discounted,
        items.is_return,
        items.is_gift_card,
        items.item_type = 'line' as is_own_line,
        items.item_type = 'returned' as is_returned_product,
        orders.ordered_at
    from items
    inner join orders on items.order_key = orders.order_key
)

select * from final
