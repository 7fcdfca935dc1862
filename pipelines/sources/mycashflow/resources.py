"""What a MyCashflow store has to read: one row per list of its API.

Facts and their evidence: reference/mycashflow-api.md, section 2 (paths and filters); what the rows are made
of is in `fields.py`. A path that nobody has seen in the wild (section 9.1) is marked so: it can be set
otherwise, and a 404 is survived.

Left out, because nothing is known of them: product options, downloads, shipping costs, content pages,
users, discount coupons. Webhooks are not data.
"""

from pipelines.extract.endpoint import Endpoint, Reread
from pipelines.sources.mycashflow import fields as of

TRANSLATED = ("translations",)
SHOWN = ("translations", "visibilities")

EVERY = (
    Endpoint("versions", "version", "versions", of.VERSION),
    Endpoint("shipping_methods", "shipping_method", "shipping-methods", of.SHIPPING_METHOD),
    Endpoint(
        "payment_methods", "payment_method", "payment-methods", of.PAYMENT_METHOD, sensitive=("username",)
    ),
    Endpoint("suppliers", "supplier", "suppliers", of.SUPPLIER, sensitive=("phone", "email")),
    Endpoint("brands", "brand", "brands", of.BRAND, expands=TRANSLATED),
    Endpoint("categories", "category", "categories", of.CATEGORY, expands=SHOWN),
    Endpoint(
        "subcategories",
        "subcategory",
        "categories/{id}/subcategories",
        of.CATEGORY,
        expands=SHOWN,
        within="categories",
        is_enabled=False,
    ),
    Endpoint(
        "campaigns",
        "campaign",
        "campaigns",
        of.CAMPAIGN,
        versions=("v1", "v0"),
        expands=("prices", *SHOWN),
    ),
    Endpoint(
        "banner_groups", "banner_group", "banner-groups", of.BANNER_GROUP, expands=TRANSLATED, seen=False
    ),
    Endpoint("banners", "banner", "banners", of.BANNER, expands=SHOWN, seen=False),
    Endpoint("images", "image", "images", of.IMAGE, page_size=500),
    Endpoint(
        "products",
        "product",
        "products",
        of.PRODUCT,
        page_size=250,
        expands=(
            *SHOWN,
            "category_links",
            "image_links",
            "variations",
            "variations.stock_item",
            "brand",
            "stock_item",
        ),
    ),
    Endpoint("stock_items", "stock_item", "stock", of.STOCK_ITEM, page_size=500),
    Endpoint(
        "stock_changes",
        "stock_change",
        "stock-changes",
        of.STOCK_CHANGE,
        cursor="changed_at",
        page_size=1000,
        blind_to=("changes entered with a time before the lag",),
    ),
    Endpoint(
        "gift_cards",
        "gift_card",
        "gift-cards",
        of.GIFT_CARD,
        key="code",
        hashed=("code",),
        sensitive=("notes",),
        seen=False,
    ),
    Endpoint(
        "customer_groups",
        "customer_group",
        "customer-groups",
        of.CUSTOMER_GROUP,
        expands=("translations", "customer_links"),
    ),
    Endpoint(
        "customers",
        "customer",
        "customers",
        of.CUSTOMER,
        cursor="updated_at",
        page_size=500,
        expands=("customer_groups",),
        sensitive=(*of.PERSONAL_NAMES, "vat_code", "external_id", "einvoice_address__edi_code"),
        person="id",
        blind_to=(
            "a group that is renamed (customer_groups has the names)",
            "deleted customers (`kassavirta sweep` finds them)",
        ),
    ),
    Endpoint(
        "customer_shipping_addresses",
        "customer_shipping_address",
        "customers/{id}/shipping-addresses",
        of.SHIPPING_ADDRESS,
        within="customers",
        sensitive=(*of.PERSONAL_NAMES, "street_name", "street_number", "house_extension"),
        person="customer_id",
        blind_to=("an address that changes without its customer",),
        is_enabled=False,
        seen=False,
    ),
    Endpoint(
        "email_subscribers",
        "email_subscriber",
        "email-subscribers",
        of.EMAIL_SUBSCRIBER,
        cursor="updated_at",
        page_size=500,
        sensitive=("email",),
        blind_to=("deleted subscribers (`kassavirta sweep` finds them)",),
        seen=False,
    ),
    Endpoint(
        "orders",
        "order",
        "orders",
        of.ORDER,
        versions=("v1", "v0"),
        cursor="updated_at",
        expands=(
            "products",
            "products.return_reasons",
            "shipments",
            "payments",
            "tax_summary",
            "comments",
            "events",
        ),
        sensitive=of.ORDER_PERSONAL,
        person="customer_id",
        blind_to=(
            "payments, shipments, comments, archiving that leave the order's updated_at alone (read again)",
            "deleted orders (`kassavirta sweep` finds them)",
        ),
        rereads=(
            Reread("shipments_completed", "shipments_completed_at"),
            Reread("archived", "archived_at"),
            Reread("open", "created_at", days=-1, fixed={"status": "open"}, every="day"),
            Reread("last_30_days", "created_at", days=30, every="day"),
        ),
    ),
)
