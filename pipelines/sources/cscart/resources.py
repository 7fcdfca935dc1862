"""What a CS-Cart store has to read: one row per list of its API.

Facts and their evidence: reference/cscart-and-apifon.md, sections 2 (paths), 1.1 (pages and sorting), 3.1
(filters) and 3.5 (what moves `updated_at`); what the rows are made of is in `fields.py`.

Orders are described three times, by what the store can do: `ORDERS` knows `updated_at_from` and full orders
in the list (4.13 and later), `IN_PART` gives summaries only, `BY_DATE` has no `updated_at` either (4.10 and
before). Which it is, `client.py` finds out.

Left out: features, options, combinations, reviews, pages and settings, because no model asks for them.
Currencies, promotions, gift certificates, returns and reward points have no entity in this API; what an order
has of the last three is inside it.
"""

from dataclasses import replace

from pipelines.extract.endpoint import Endpoint, Reread
from pipelines.sources.cscart import fields as of

VERSIONS = ("2.0",)

# Incomplete orders are asked for, too: one that is hidden until it is paid would enter a closed window.
WITH_INCOMPLETE = {"include_incompleted": "Y"}

DELETED_ORDERS = "deleted orders (`kassavirta sweep` finds them)"
IMPORTED_ORDERS = "orders that were imported with a date before the last run, until they change"

ORDERS = Endpoint(
    "orders",
    "order",
    "orders",
    of.ORDER,
    key="order_id",
    versions=VERSIONS,
    cursor="updated_at",
    page_size=50,
    sort="order_id",
    asks=WITH_INCOMPLETE,
    expands=("get_orders_data",),
    sensitive=(
        *("firstname", "lastname", "company", "email", "phone", "fax", "url", "notes", "details"),
        *(f"{party}_{name}" for party in "bs" for name in of.PERSONAL_NAMES),
        *("fields__value", "products__extra__product_options", "products__extra__product_options_value"),
        *(f"gift_certificates__{name}" for name in of.CERTIFICATE_NAMES),
    ),
    hashed=("gift_certificates__gift_cert_code", "use_gift_certificates__gift_cert_code"),
    person="user_id",
    blind_to=(
        "staff notes, shipping costs and the customer of an order that change without its updated_at (read"
        " again for 30 days)",
        IMPORTED_ORDERS,
        DELETED_ORDERS,
    ),
    rereads=(Reread("last_30_days", "timestamp", days=30, every="day"),),
)

IN_PART = replace(ORDERS, expands=(), is_summary=True, page_size=250)

BY_DATE = replace(
    IN_PART,
    is_tracked=True,
    cursor="timestamp",
    blind_to=(
        "what changes in an order and not in its line of the list (status, total, customer)",
        "orders older than 30 days that change or are imported, until the next day",
        DELETED_ORDERS,
    ),
    rereads=(
        Reread("last_30_days", "timestamp", days=30),
        Reread("every_order", "timestamp", days=-1, every="day"),
    ),
)

EVERY = (
    Endpoint(
        "statuses",
        "status",
        "statuses",
        of.STATUS,
        key="status",
        versions=VERSIONS,
        page_size=250,
        asks={"type": "O"},
    ),
    Endpoint(
        "stores",
        "store",
        "stores|vendors",
        of.STORE,
        key="company_id",
        versions=VERSIONS,
        ascends=False,
        sensitive=("email", "phone", "address", "zipcode", "city"),
    ),
    Endpoint(
        "usergroups",
        "usergroup",
        "usergroups",
        of.USERGROUP,
        key="usergroup_id",
        versions=VERSIONS,
        page_size=500,
        ascends=False,
    ),
    Endpoint(
        "shippings",
        "shipping",
        "shippings",
        of.SHIPPING,
        key="shipping_id",
        versions=VERSIONS,
        page_size=250,
        ascends=False,
    ),
    Endpoint(
        "payments",
        "payment",
        "payments",
        of.PAYMENT,
        key="payment_id",
        versions=VERSIONS,
        page_size=250,
        ascends=False,
    ),
    Endpoint(
        "categories",
        "category",
        "categories",
        of.CATEGORY,
        key="category_id",
        versions=VERSIONS,
        page_size=500,
        sort="timestamp",
        ascends=False,
    ),
    Endpoint(
        "products",
        "product",
        "products",
        of.PRODUCT,
        key="product_id",
        versions=VERSIONS,
        page_size=250,
        sort="timestamp",
        ascends=False,
    ),
    Endpoint(
        "users",
        "user",
        "users",
        of.USER,
        key="user_id",
        versions=VERSIONS,
        page_size=250,
        sort="id",
        asks={"user_type": "C"},
        sensitive=("user_login", "firstname", "lastname", "email", "company", "phone", "company_name"),
        person="user_id",
    ),
    Endpoint(
        "user_usergroups",
        "user_usergroup",
        "users/{id}/usergroups",
        of.USER_USERGROUP,
        key="usergroup_id",
        versions=VERSIONS,
        ascends=False,
        within="users",
        is_enabled=False,
    ),
    Endpoint(
        "subscribers",
        "subscriber",
        "subscribers",
        of.SUBSCRIBER,
        key="subscriber_id",
        versions=VERSIONS,
        page_size=250,
        sort="timestamp",
        ascends=False,
        sensitive=("email", "name"),
        is_optional=True,
    ),
    Endpoint(
        "carts",
        "cart",
        "carts",
        of.CART,
        key="cart_id",
        versions=VERSIONS,
        page_size=250,
        sort="date",
        sensitive=("firstname", "lastname", "email", "phone"),
        person="user_id",
    ),
    Endpoint(
        "shipments",
        "shipment",
        "shipments",
        of.SHIPMENT,
        key="shipment_id",
        versions=VERSIONS,
        page_size=250,
        sort="id",
        ascends=False,
        is_partial=True,
    ),
    ORDERS,
)
