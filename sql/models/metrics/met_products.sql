with

stores as (
    select * from {{ ref('dim_stores') }}
),

catalogue as (
    select
        product_key,
        store,
        product_id,
        max(product_name) as product_name,
        max(brand_name) as brand_name
    from {{ ref('dim_products') }}
    group by 1, 2, 3
),

customers as (
    select * from {{ ref('dim_customers') }}
),

lines as (
    select
        order_lines.*,
        {{ is_within_days('order_lines.line_date', 365, 'stores.as_of') }} as is_in_365_days,
        coalesce(
            {{ entity_key(['order_lines.store', 'order_lines.product_id']) }},
            {{ entity_key(['order_lines.store', "'none'"]) }}
        ) as product_key
    from {{ ref('fct_order_lines') }} as order_lines
    inner join stores on order_lines.store = stores.store
    where order_lines.is_counted and order_lines.line_date <= stores.as_of
),

-- of a product that is gone, as its newest line has it
gone_products as (
    select
        lines.product_key,
        lines.product_name,
        row_number() over (
            partition by lines.product_key
            order by lines.line_date desc, lines.order_line_key desc
        ) as recency
    from lines
    left join catalogue on lines.product_key = catalogue.product_key
    where
        lines.product_id is not null
        and lines.product_name is not null
        and catalogue.product_key is null
),

sums as (
    select
        product_key,
        store,
        product_id,
        count(distinct purchase_id) filter (where not is_return) as order_count,
        sum(quantity) filter (where not is_return and quantity > 0) as units,
        sum(-quantity) filter (where is_return and quantity < 0) as returned_units,
        sum(amount_incl_vat) filter (where not is_return) as gross_sales,
        sum(-amount_incl_vat) filter (where is_return) as returns,
        sum(net_sales) as net_sales,
        sum(quantity) filter (where is_in_365_days and not is_return and quantity > 0)
            as units_365_days,
        sum(net_sales) filter (where is_in_365_days) as net_sales_365_days
    from lines
    group by 1, 2, 3
),

first_purchases as (
    select
        store,
        purchase_id
    from {{ ref('fct_orders') }}
    where is_first_order
),

-- what names no product cannot be bought again
buyers as (
    select
        lines.product_key,
        lines.customer_key,
        count(lines.product_id) > 0
        and min(lines.purchase_id) < max(lines.purchase_id) as has_bought_again,
        count(lines.product_id) > 0
        and count(first_purchases.purchase_id) > 0 as is_first_order_buyer
    from lines
    left join first_purchases
        on
            lines.store = first_purchases.store
            and lines.purchase_id = first_purchases.purchase_id
    where not lines.is_return and lines.customer_key is not null
    group by 1, 2
),

buyer_sums as (
    select
        buyers.product_key,
        count(*) as customer_count,
        count(*) filter (where buyers.has_bought_again) as repeat_customer_count,
        count(*) filter (where buyers.is_first_order_buyer) as first_order_customer_count,
        count(*) filter (
            where buyers.is_first_order_buyer and customers.order_count > 1
        ) as first_order_repeat_count
    from buyers
    left join customers on buyers.customer_key = customers.customer_key
    group by 1
),

products as (
    select
        coalesce(catalogue.product_key, sums.product_key) as product_key,
        coalesce(catalogue.store, sums.store) as store,
        coalesce(catalogue.product_id, sums.product_id) as product_id,
        case
            when catalogue.product_key is not null then catalogue.product_name
            when sums.product_id is null then 'Lines without a product'
            else gone_products.product_name
        end as product_name,
        catalogue.brand_name,
        sums.order_count,
        sums.units,
        sums.returned_units,
        sums.gross_sales,
        sums.returns,
        sums.net_sales,
        sums.units_365_days,
        sums.net_sales_365_days,
        catalogue.product_key is not null as is_in_catalogue
    from catalogue
    full join sums on catalogue.product_key = sums.product_key
    left join gone_products
        on
            sums.product_key = gone_products.product_key
            and gone_products.recency = 1
),

final as (
    select
        products.product_key,
        products.store,
        stores.platform,
        products.product_id,
        products.product_name,
        products.brand_name,
        stores.currency,
        coalesce(products.order_count, 0) as order_count,
        cast(coalesce(products.units, 0) as decimal(28, 6)) as units,
        cast(coalesce(products.returned_units, 0) as decimal(28, 6)) as returned_units,
        {{ money_sum('coalesce(products.gross_sales, 0)') }} as gross_sales,
        {{ money_sum('coalesce(products.returns, 0)') }} as returns,
        {{ money_sum('coalesce(products.net_sales, 0)') }} as net_sales,
        cast(coalesce(products.units_365_days, 0) as decimal(28, 6)) as units_365_days,
        {{ money_sum('coalesce(products.net_sales_365_days, 0)') }} as net_sales_365_days,
        {{ ratio('coalesce(products.returned_units, 0)', 'products.units', 4) }} as return_rate,
        coalesce(buyer_sums.customer_count, 0) as customer_count,
        coalesce(buyer_sums.repeat_customer_count, 0) as repeat_customer_count,
        coalesce(buyer_sums.first_order_customer_count, 0) as first_order_customer_count,
        coalesce(buyer_sums.first_order_repeat_count, 0) as first_order_repeat_count,
        {{ ratio(
            'buyer_sums.repeat_customer_count',
            'case when products.product_id is not null then buyer_sums.customer_count end', 4
        ) }} as repeat_customer_rate,
        {{ ratio(
            'buyer_sums.first_order_repeat_count',
            'buyer_sums.first_order_customer_count', 4
        ) }} as first_order_repeat_rate,
        products.is_in_catalogue,
        stores.as_of
    from products
    inner join stores on products.store = stores.store
    left join buyer_sums on products.product_key = buyer_sums.product_key
)

select * from final
