"""What the objects of MyCashflow's API are made of: fields by kind, nested as the API nests them.

Facts and their evidence: reference/mycashflow-api.md, sections 3 (orders) and 5 (everything else). Samples
are not complete: a field that is not listed here still arrives, as a text column.
"""

from __future__ import annotations

from typing import Any


def fields(**names_by_kind: str) -> dict[str, Any]:
    """Names of fields, separated by spaces, under their kinds, as kinds under names."""
    return {name: kind for kind, names in names_by_kind.items() for name in names.split()}


SEO = "seo_title seo_page_title seo_meta_description"
STAMPS = "created_at updated_at"
ADDRESS_NAMES = "company first_name last_name street_address postal_code city country phone email"
# A company may be a person under a firm's name; a country is nobody.
PERSONAL_NAMES = tuple(name for name in ADDRESS_NAMES.split() if name != "country")
ADDRESS = fields(text=ADDRESS_NAMES)

VISIBILITIES = [fields(bigint="version_id", bool="is_visible")]
TAXES = [fields(decimal="tax_rate total total_tax total_without_tax")]

ORDER_ROW = {
    **fields(
        bigint="id order_id product_id variation_id download_id bundle_id campaign_id shipment_id"
        " download_times_left",
        text="product_code product_name model_name warranty custom_data download_url",
        json="customizations",
        decimal="quantity unit_price purchase_price vat_rate",
        bool="return_to_stock",
        timestamp=f"{STAMPS} delivered_at download_time_ends",
    ),
    "return_reasons": [fields(text="code text")],
}

SHIPMENT = {
    **fields(
        bigint="id order_id shipping_method_id parcel_count",
        text="type status external_id external_pickup_point_id tracking_code shipping_label_url",
        decimal="weight",
        timestamp=f"{STAMPS} completed_at",
    ),
    "documents": [fields(text="type url")],
}

PAYMENT = fields(
    bigint="id order_id payment_method_id",
    text="reference external_id currency status",
    decimal="amount exchange_rate",
    bool="is_confirmed is_paid",
    timestamp=STAMPS,
)

ORDER = {
    **fields(
        bigint="id version_id customer_id shipping_method_id payment_method_id",
        text="external_id customer_external_id status language details receipt_url return_document_url"
        " dispatch_note_url custom_data",
        decimal="subtotal shipping_costs payment_costs discount total",
        bool="different_shipping_address",
        timestamp=f"{STAMPS} archived_at",
    ),
    "customer_information": {"vat_code": "text", **ADDRESS},
    "shipping_address": ADDRESS,
    "products": [ORDER_ROW],
    "shipments": [SHIPMENT],
    "payments": [PAYMENT],
    "tax_summary": {
        "subtotal": TAXES,
        "discount": TAXES,
        "shipping_costs": TAXES,
        "payment_costs": TAXES,
        "total": TAXES,
    },
    "comments": [fields(bigint="order_id user_id", text="visibility text", timestamp="created_at")],
    "events": [fields(text="code message", json="data", timestamp="created_at")],
}

# What customers, staff and software write as they like may name anybody, and a link may show a receipt.
FREE_TEXTS = """
    customer_external_id details receipt_url return_document_url dispatch_note_url custom_data
    products__custom_data products__customizations products__download_url products__return_reasons__text
    comments__text events__message events__data
    shipments__external_id shipments__external_pickup_point_id shipments__tracking_code
    shipments__shipping_label_url shipments__documents__url payments__reference payments__external_id
"""
ORDER_PERSONAL = (
    *(
        f"{party}__{name}"
        for party in ("customer_information", "shipping_address")
        for name in PERSONAL_NAMES
    ),
    "customer_information__vat_code",
    *FREE_TEXTS.split(),
)

CUSTOMER = {
    **fields(
        bigint="id version_id",
        text=f"external_id {ADDRESS_NAMES} vat_code language",
        bool="login_allowed email_subscription sms_subscription",
        timestamp=f"{STAMPS} last_login_at",
    ),
    "einvoice_address": fields(text="edi_code operator_code"),
    "customer_groups": [fields(bigint="id", text="name")],
}

SHIPPING_ADDRESS = fields(
    bigint="id customer_id",
    text=f"{ADDRESS_NAMES} street_name street_number house_extension",
    bool="primary",
    timestamp=STAMPS,
)

CUSTOMER_GROUP = {
    **fields(bigint="id", text="name", timestamp=STAMPS),
    "translations": [fields(text="language name")],
    "customer_links": [fields(bigint="customer_id")],
}

EMAIL_SUBSCRIBER = fields(
    bigint="id version_id",
    text="email language country",
    timestamp=f"{STAMPS} subscribed_at unsubscribed_at",
)

GIFT_CARD = fields(text="code notes", decimal="balance", date="expires_at", timestamp=STAMPS)

BRAND_TEXTS = f"name description template {SEO}"
BRAND = {
    **fields(bigint="id", text=BRAND_TEXTS, timestamp=STAMPS),
    "translations": [fields(text=f"language description {SEO}")],
    "visibilities": VISIBILITIES,
}

CATEGORY = {
    **fields(
        bigint="id parent_id parent_sort",
        text="name description default_template template",
        json="external_id",
        timestamp=STAMPS,
    ),
    "translations": [fields(text="language name description")],
    "visibilities": VISIBILITIES,
}

STOCK_ITEM = fields(
    bigint="id product_id variation_id",
    text="code sku barcode location backorder_estimate",
    decimal="quantity reserved balance balance_limit",
    bool="enabled balance_alert backorder_enabled",
    timestamp=STAMPS,
)

STOCK_CHANGE = fields(
    bigint="id stock_item_id user_id source_id",
    text="source_type",
    decimal="quantity quantity_change",
    timestamp="changed_at",
)

VARIATION = {
    **fields(
        bigint="id product_id image_id sort",
        text="name product_code",
        json="features",
        decimal="price purchase_price weight",
        timestamp=STAMPS,
    ),
    "stock_item": STOCK_ITEM,
}

PRODUCT = {
    **fields(
        bigint="id brand_id supplier_id order_limit order_limit_min",
        text="product_code supplier_code barcode name description information keywords parcel_type"
        f" available_from available_to visible_from purchasable_from {SEO}",
        json="features warranty",
        decimal="price purchase_price vat_rate weight",
        bool="featured",
        timestamp=STAMPS,
    ),
    "translations": [fields(text=f"language name description information {SEO}")],
    "visibilities": VISIBILITIES,
    "category_links": [fields(bigint="category_id category_sort product_id product_sort", timestamp=STAMPS)],
    "image_links": [fields(bigint="product_id image_id sort", text="filename caption")],
    "variations": [VARIATION],
    "brand": fields(bigint="id", text=BRAND_TEXTS, timestamp=STAMPS),
    "stock_item": STOCK_ITEM,
}

# Conditions and discounts hold objects that no document spells out.
CAMPAIGN = {
    **fields(bigint="id", bool="published", timestamp=STAMPS),
    "conditions": fields(text="code", json="time customers"),
    "discounts": fields(json="products free_shipping discount_row"),
    "page": fields(text="description image link template", bool="enabled pinned"),
    "prices": [fields(bigint="product_id variation_id download_id", decimal="quantity price order_limit")],
    "translations": [fields(text=f"language name description {SEO}")],
    "visibilities": VISIBILITIES,
}

BANNER_GROUP = {
    **fields(bigint="id", text="code title", timestamp=STAMPS),
    "translations": [fields(text="language title")],
}

BANNER = {
    **fields(
        bigint="id group_id sort",
        text="code title content file link",
        timestamp=f"{STAMPS} visible_from visible_to",
    ),
    "translations": [fields(text="language title content link")],
    "visibilities": VISIBILITIES,
}

# What an answer of /images and /versions holds is in no document; what else comes becomes columns.
IMAGE = fields(bigint="id", text="filename", timestamp=STAMPS)
VERSION = fields(bigint="id", text="name language currency", timestamp=STAMPS)

SUPPLIER = fields(bigint="id", text="name phone email url", timestamp=STAMPS)

SHIPPING_METHOD = fields(
    bigint="id sort",
    text="name type service_provider service_code product_code description tracking_info",
    decimal="free_shipping_threshold",
    timestamp=STAMPS,
)

PAYMENT_METHOD = fields(
    bigint="id sort", text="name description username product_code provider", timestamp=STAMPS
)
