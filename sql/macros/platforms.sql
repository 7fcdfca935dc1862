{# The platforms whose stores are in this warehouse; the others cost no node. #}
{% macro platforms() -%}
    {% do return(['mycashflow', 'cscart'] | select('in', var('platforms')) | list) %}
{%- endmacro %}


{# What holds a platform's records where `stg_<platform>__<records>` does not; none: it has none. #}
{% macro staged_elsewhere() -%}
    {% do return({
        'mycashflow': {'order_statuses': none},
        'cscart': {
            'brands': none,
            'customer_group_links': none,
            'order_lines': 'int_cscart__order_lines',
            'order_statuses': 'int_cscart__order_statuses',
            'order_taxes': 'int_cscart__order_taxes',
            'payments': 'int_cscart__payments',
            'product_variations': none,
            'suppliers': none,
        },
    }) %}
{%- endmacro %}


{# What is read of each kind of records above staging, by type: what all platforms share. #}
{% macro shared_columns(records) -%}
    {% do return({
        'brands': {
            'text': 'store brand_name',
            'bigint': 'brand_id',
            'boolean': 'is_deleted',
            'timestamp with time zone': 'created_at',
        },
        'categories': {
            'text': 'category_key category_name',
            'bigint': 'parent_category_id',
            'boolean': 'is_deleted',
            'timestamp with time zone': 'created_at',
        },
        'customer_group_links': {
            'text': 'customer_key customer_group_key store platform',
            'bigint': 'customer_id customer_group_id',
            'boolean': 'is_deleted',
        },
        'customer_group_members': {
            'text': 'customer_key customer_group_key store platform customer_group_name',
            'bigint': 'customer_id customer_group_id',
            'boolean': 'is_deleted',
        },
        'customer_groups': {
            'text': 'customer_group_key customer_group_name',
            'boolean': 'is_deleted',
            'timestamp with time zone': 'created_at',
        },
        'customers': {
            'text': 'customer_key store platform email_normalised first_name last_name company'
                ' vat_code phone street_address postal_code city country language',
            'bigint': 'customer_id version_id',
            'boolean': 'is_email_subscribed is_sms_subscribed is_deleted',
            'timestamp with time zone': 'registered_at',
        },
        'email_subscribers': {
            'text': 'email_subscriber_key store platform email_normalised language country',
            'bigint': 'email_subscriber_id version_id',
            'boolean': 'is_subscribed is_deleted',
            'timestamp with time zone': 'created_at subscribed_at unsubscribed_at',
        },
        'order_lines': {
            'text': 'order_line_key order_key store platform product_code product_name model_name',
            'bigint': 'order_line_id order_id product_id variation_id bundle_id campaign_id'
                ' shipment_id line_position',
            'decimal(18, 6)': 'quantity vat_rate unit_price purchase_price',
            'decimal(38, 12)': 'stated_amount',
            'decimal(18, 2)': 'stated_incl_vat stated_excl_vat',
            'boolean': 'is_discounted is_return is_gift_card is_deleted',
            'timestamp with time zone': 'created_at',
        },
        'order_statuses': {'text': 'store status', 'boolean': 'is_counted is_cancelled'},
        'order_taxes': {
            'text': 'store component',
            'bigint': 'order_id',
            'decimal(18, 6)': 'vat_rate amount_incl_vat amount_excl_vat',
            'boolean': 'is_deleted',
        },
        'orders': {
            'text': 'order_key store platform status email_normalised first_name last_name company'
                ' vat_code phone postal_code city country language',
            'bigint': 'order_id parent_order_id version_id customer_id shipping_method_id'
                ' payment_method_id',
            'decimal(18, 6)': 'stated_subtotal stated_discount stated_shipping stated_fees'
                ' stated_total',
            'boolean': 'is_deleted',
            'timestamp with time zone': 'ordered_at updated_at archived_at',
        },
        'payments': {
            'text': 'payment_key order_key store platform payment_type status currency',
            'bigint': 'payment_id order_id payment_method_id',
            'decimal(18, 6)': 'amount exchange_rate',
            'boolean': 'is_confirmed is_paid is_deleted',
            'timestamp with time zone': 'created_at updated_at',
        },
        'product_category_links': {
            'text': 'product_key category_key store platform',
            'bigint': 'product_id category_id category_sort_number product_sort_number',
            'boolean': 'is_deleted',
            'timestamp with time zone': 'created_at',
        },
        'product_variations': {
            'text': 'product_key store product_code variation_name stock_barcode stock_location',
            'bigint': 'variation_id stock_item_id',
            'decimal(18, 6)': 'price purchase_price weight stock_quantity stock_reserved'
                ' stock_balance stock_alert_limit',
            'boolean': 'is_stock_enabled is_backorder_enabled is_deleted',
            'timestamp with time zone': 'created_at',
        },
        'products': {
            'text': 'product_key store platform product_code product_name barcode stock_barcode'
                ' stock_location',
            'bigint': 'product_id brand_id supplier_id stock_item_id',
            'decimal(18, 6)': 'price purchase_price vat_rate weight stock_quantity stock_reserved'
                ' stock_balance stock_alert_limit',
            'boolean': 'is_featured is_stock_enabled is_backorder_enabled is_deleted',
            'timestamp with time zone': 'created_at updated_at',
        },
        'shipments': {
            'text': 'shipment_key order_key store platform external_pickup_point_id shipment_type'
                ' status tracking_code',
            'bigint': 'shipment_id order_id shipping_method_id parcel_count',
            'decimal(18, 6)': 'weight',
            'boolean': 'is_deleted',
            'timestamp with time zone': 'created_at updated_at completed_at',
        },
        'shipping_methods': {
            'text': 'shipping_method_key store platform shipping_method_name service_provider',
            'bigint': 'shipping_method_id',
            'boolean': 'is_deleted',
            'timestamp with time zone': 'created_at',
        },
        'suppliers': {
            'text': 'store supplier_name',
            'bigint': 'supplier_id',
            'boolean': 'is_deleted',
            'timestamp with time zone': 'created_at',
        },
    }[records]) %}
{%- endmacro %}


{# The records of every platform that is there: a model where only one has them, a union of what is
   shared where several do, and no row where none does. #}
{% macro staged(records) -%}
    {%- set names = [] -%}
    {%- for platform in platforms() -%}
        {%- do names.append(
            staged_elsewhere()[platform].get(records, 'stg_' ~ platform ~ '__' ~ records)
        ) -%}
    {%- endfor -%}
    {%- set models = names | select | list -%}
    {%- if models | length == 1 and platforms() | length == 1 -%}
        {{ ref(models[0]) }}
    {%- else -%}
        ({{ shared_rows(shared_columns(records), models) }})
    {%- endif -%}
{%- endmacro %}


{# These columns of these models, one under the other; typed and without a row if there is none. #}
{% macro shared_rows(columns, models) -%}
    {%- for model in models or [none] -%}
        {%- set line = [] -%}
        {%- for type, names in columns.items() -%}
            {%- for name in names.split() -%}
                {%- do line.append(name if model else 'cast(null as ' ~ type ~ ') as ' ~ name) -%}
            {%- endfor -%}
        {%- endfor -%}
        select {{ line | join(', ') }} {{ 'from ' ~ ref(model) if model else 'where false' }}
        {{- ' union all ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
