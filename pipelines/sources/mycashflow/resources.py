"""What a MyCashflow store has to read: one row per list of its API.

Facts and their evidence: reference/mycashflow-api.md, sections 2 (paths), 3 (orders), 5.9 (customers) and
5.12 (subscribers). `email-subscribers` is a path nobody has seen in the wild (section 9.1): it can be set
otherwise, and a 404 is survived. A field that is not listed here still arrives, as a text column.
"""

from pipelines.extract.endpoint import Endpoint, Reread

ADDRESS = {
    "company": "text",
    "first_name": "text",
    "last_name": "text",
    "street_address": "text",
    "postal_code": "text",
    "city": "text",
    "country": "text",
    "phone": "text",
    "email": "text",
}

TAXES = [
    {
        "tax_rate": "decimal",
        "total": "decimal",
        "total_tax": "decimal",
        "total_without_tax": "decimal",
    }
]

ORDER_ROW = {
    "id": "bigint",
    "order_id": "bigint",
    "created_at": "timestamp",
    "updated_at": "timestamp",
    "delivered_at": "timestamp",
    "product_id": "bigint",
    "variation_id": "bigint",
    "download_id": "bigint",
    "download_time_ends": "timestamp",
    "download_times_left": "bigint",
    "download_url": "text",
    "customizations": "json",
    "vat_rate": "decimal",
    "bundle_id": "bigint",
    "campaign_id": "bigint",
    "unit_price": "decimal",
    "purchase_price": "decimal",
    "quantity": "decimal",
    "product_code": "text",
    "product_name": "text",
    "model_name": "text",
    "warranty": "text",
    "custom_data": "text",
    "shipment_id": "bigint",
    "return_to_stock": "bool",
    "return_reasons": [{"code": "text", "text": "text"}],
}

SHIPMENT = {
    "id": "bigint",
    "order_id": "bigint",
    "created_at": "timestamp",
    "updated_at": "timestamp",
    "completed_at": "timestamp",
    "type": "text",
    "status": "text",
    "shipping_method_id": "bigint",
    "weight": "decimal",
    "parcel_count": "bigint",
    "external_id": "text",
    "external_pickup_point_id": "text",
    "tracking_code": "text",
    "shipping_label_url": "text",
    "documents": [{"type": "text", "url": "text"}],
}

PAYMENT = {
    "id": "bigint",
    "order_id": "bigint",
    "created_at": "timestamp",
    "updated_at": "timestamp",
    "payment_method_id": "bigint",
    "reference": "text",
    "external_id": "text",
    "amount": "decimal",
    "currency": "text",
    "exchange_rate": "decimal",
    "is_confirmed": "bool",
    "is_paid": "bool",
    "status": "text",
}

ORDER = {
    "id": "bigint",
    "created_at": "timestamp",
    "updated_at": "timestamp",
    "archived_at": "timestamp",
    "external_id": "text",
    "version_id": "bigint",
    "language": "text",
    "customer_id": "bigint",
    "customer_external_id": "text",
    "shipping_method_id": "bigint",
    "payment_method_id": "bigint",
    "customer_information": {"vat_code": "text", **ADDRESS},
    "shipping_address": ADDRESS,
    "different_shipping_address": "bool",
    "subtotal": "decimal",
    "shipping_costs": "decimal",
    "payment_costs": "decimal",
    "discount": "decimal",
    "total": "decimal",
    "status": "text",
    "details": "text",
    "receipt_url": "text",
    "return_document_url": "text",
    "dispatch_note_url": "text",
    "custom_data": "text",
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
    "comments": [
        {
            "order_id": "bigint",
            "created_at": "timestamp",
            "user_id": "bigint",
            "visibility": "text",
            "text": "text",
        }
    ],
    "events": [{"created_at": "timestamp", "code": "text", "message": "text", "data": "json"}],
}

CUSTOMER = {
    "id": "bigint",
    "created_at": "timestamp",
    "updated_at": "timestamp",
    "first_name": "text",
    "last_name": "text",
    "login_allowed": "bool",
    "company": "text",
    "vat_code": "text",
    "street_address": "text",
    "postal_code": "text",
    "city": "text",
    "country": "text",
    "phone": "text",
    "email": "text",
    "version_id": "bigint",
    "language": "text",
    "email_subscription": "bool",
    "sms_subscription": "bool",
    "einvoice_address": {"edi_code": "text", "operator_code": "text"},
    "last_login_at": "timestamp",
    "external_id": "text",
    "customer_groups": [{"id": "bigint", "name": "text"}],
}

EMAIL_SUBSCRIBER = {
    "id": "bigint",
    "created_at": "timestamp",
    "updated_at": "timestamp",
    "email": "text",
    "version_id": "bigint",
    "language": "text",
    "country": "text",
    "subscribed_at": "timestamp",
    "unsubscribed_at": "timestamp",
}

EVERY = (
    Endpoint(
        name="customers",
        singular="customer",
        path="customers",
        fields=CUSTOMER,
        cursor="updated_at",
        page_size=500,
        expands=("customer_groups",),
        sensitive=(
            "first_name",
            "last_name",
            "street_address",
            "postal_code",
            "city",
            "phone",
            "email",
            "einvoice_address__edi_code",
        ),
        blind_to=("a customer group that is renamed", "deleted customers"),
    ),
    Endpoint(
        name="email_subscribers",
        singular="email_subscriber",
        path="email-subscribers",
        fields=EMAIL_SUBSCRIBER,
        cursor="updated_at",
        page_size=500,
        sensitive=("email",),
        blind_to=("deleted subscribers",),
        seen=False,
    ),
    Endpoint(
        name="orders",
        singular="order",
        path="orders",
        versions=("v1", "v0"),
        fields=ORDER,
        cursor="updated_at",
        page_size=100,
        expands=(
            "products",
            "products.return_reasons",
            "shipments",
            "payments",
            "tax_summary",
            "comments",
            "events",
        ),
        sensitive=tuple(
            f"{party}__{field}"
            for party in ("customer_information", "shipping_address")
            for field in ADDRESS
            if field not in ("company", "country")
        ),
        blind_to=(
            "payments, shipments, comments and archiving that leave the order's updated_at alone",
            "deleted orders",
        ),
        rereads=(
            Reread("shipments_completed", "shipments_completed_at"),
            Reread("archived", "archived_at"),
            Reread("open", "created_at", days=-1, fixed={"status": "open"}, every="day"),
            Reread("last_30_days", "created_at", days=30, every="day"),
        ),
    ),
)
