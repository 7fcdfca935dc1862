"""What the objects of CS-Cart's API are made of: fields by kind, nested as they are loaded.

Facts and their evidence: reference/cscart-and-apifon.md, sections 3 (orders), 4 (people), 5 (carts) and 6
(products). PHP's maps (`products` by item, `taxes` by tax) are lists here, with the map's key as a field: see
`KEYED`. A field that is not listed still arrives, as a text column, unless it is in `FORBIDDEN`, inside an
object of `CLOSED`, or is itself an object or a list in a record of a person: an add-on may have put a code
that can be spent into it, as a value or as a key, or another person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Nothing under these names is looked at further, at any depth: secrets, payment details, copies of whole
# profiles, the addresses of machines, and what the admin's own staff are called.
FORBIDDEN = re.compile(
    r"payment_info|product_groups|user_data|issuer_data|issuer_name|issuer_email|ip_address|.*passw(or)?d.*|"
    r"salt|.*api_key|.*secret.*|.*token.*|unsubscribe_key|validation_code|activation_key|ekey|"
    r"processor_params|service_params|card_number|.*cvv.*|card_holder|cardholder.*|iban|"
    r"product_url|session_id|user_agent|"
    # Whatever is called after certificates, cards or vouchers may be a code that can be spent.
    r"(?!(use_)?gift_certificates$|gift_cert_(id|code|status)$).*(certificate|gift_?cert|gift_?card|voucher).*"
)

# Of these objects only what is declared is kept: add-ons put anything into them.
CLOSED = frozenset(
    {
        *("extra", "main_pair", "detailed", "payment_method"),
        *("gift_certificates", "use_gift_certificates", "returned_products", "points_info", "in_use"),
    }
)

# Lists that PHP may give as maps: the field for the map's key, and the one for a value that is no object.
KEYED: Mapping[str, tuple[str, str]] = {
    "products": ("item_id", "amount"),
    "taxes": ("tax_id", "description"),
    "promotions": ("promotion_id", "name"),
    "coupons": ("coupon_code", "promotion_ids"),
    "fields": ("field_id", "value"),
    "shipping": ("group_key", "shipping"),
    "category_ids": ("", "category_id"),
    "gift_certificates": ("item_id", "amount"),
    "use_gift_certificates": ("gift_cert_code", "cost"),
    "returned_products": ("item_id", "amount"),
}


# Of these the keys are codes, which may be spelled like anything; what they hold is closed.
BY_CODE = frozenset({"use_gift_certificates"})


def fields(**names_by_kind: str) -> dict[str, Any]:
    """Names of fields, separated by spaces, under their kinds, as kinds under names."""
    return {name: kind for kind, names in names_by_kind.items() for name in names.split()}


NAMES = "firstname lastname"
ADDRESS_NAMES = f"{NAMES} address address_2 city county state state_descr country country_descr zipcode phone"
# An address without what is not personal.
PERSONAL_NAMES = (*NAMES.split(), "address", "address_2", "city", "zipcode", "phone")
ADDRESSES = " ".join(f"{party}_{name}" for party in "bs" for name in ADDRESS_NAMES.split())

ORDER_LINE = {
    **fields(
        bigint="item_id order_id product_id company_id cart_id",
        text="product_code product product_status is_accessible",
        decimal="price amount discount base_price original_price tax_value subtotal display_subtotal"
        " shipped_amount shipment_amount",
        json="promotions returns_info",
        bool="deleted_product",
    ),
    "extra": fields(
        text="product_options_value is_edp exclude_from_calculate", json="product_options promotions"
    ),
}

# Of a certificate that an order sold: whom it is for, and what it is worth. `subtotal` has the goods that
# come with it, too, which are lines of the order; what is free (`exclude_from_calculate`) is in no sum.
SOLD_CERTIFICATE = {
    **fields(
        bigint="gift_cert_id company_id",
        text=f"item_id gift_cert_code title recipient sender email message send_via template {NAMES}"
        " address address_2 city county state country zipcode phone",
        decimal="amount subtotal tax_value",
    ),
    "extra": fields(text="exclude_from_calculate"),
}
CERTIFICATE_NAMES = (
    *("title", "recipient", "sender", "email", "message"),
    *(*NAMES.split(), "address", "address_2", "city", "county", "state", "zipcode", "phone"),
)

# Of a certificate that an order was paid with: what was left on it, and how much of that was taken.
USED_CERTIFICATE = fields(bigint="gift_cert_id", text="gift_cert_code", decimal="amount cost")

# What came back by the add-on RMA; the order's own lines are what was kept.
RETURNED_PRODUCT = fields(
    bigint="item_id product_id", text="product_code product", decimal="price amount subtotal"
)

ORDER = {
    **fields(
        bigint="order_id parent_order_id company_id user_id issuer_id payment_id profile_id storefront_id"
        " localization_id invoice_id credit_memo_id",
        text=f"status is_parent_order tax_exempt {NAMES} company email phone fax url lang_code {ADDRESSES}"
        " s_address_type secondary_currency promotion_ids shipping_ids notes details"
        " user_type repaid",
        json="shipment_ids doc_ids",
        decimal="total subtotal display_subtotal discount subtotal_discount payment_surcharge shipping_cost"
        " display_shipping_cost shipping_tax_value tax_subtotal",
        bool="need_shipping need_shipment use_discount",
        timestamp="timestamp updated_at",
    ),
    "payment_method": fields(bigint="payment_id", text="payment"),
    "points_info": {
        **fields(decimal="reward price", text="is_gain"),
        "in_use": fields(decimal="points cost"),
    },
    "products": [ORDER_LINE],
    "taxes": [
        fields(
            bigint="tax_id priority",
            text="description rate_type price_includes_tax regnumber",
            decimal="rate_value tax_subtotal",
            json="applies",
        )
    ],
    "promotions": [fields(bigint="promotion_id", text="name short_description", json="bonuses")],
    "coupons": [fields(text="coupon_code", json="promotion_ids")],
    "shipping": [
        fields(bigint="shipping_id group_key", text="shipping delivery_time", decimal="rate", json="rates")
    ],
    "fields": [fields(bigint="field_id", json="value")],
    "gift_certificates": [SOLD_CERTIFICATE],
    "use_gift_certificates": [USED_CERTIFICATE],
    "returned_products": [RETURNED_PRODUCT],
}

STATUS = {
    **fields(bigint="status_id", text="status type is_default description email_subj email_header lang_code"),
    "params": fields(
        text="inventory payment_received notify allow_return repay gift_cert_status color remove_cc_info"
    ),
}

USER = fields(
    bigint="user_id company_id",
    text=f"user_login is_root user_type status {NAMES} email company phone company_name",
    timestamp="timestamp last_login",
)

USERGROUP = fields(
    bigint="usergroup_id company_id", text="usergroup status type lang_code", json="privileges"
)

USER_USERGROUP = fields(bigint="link_id usergroup_id", text="status")

SUBSCRIBER = fields(bigint="subscriber_id", text="email name status", timestamp="timestamp")

PRODUCT = {
    **fields(
        bigint="product_id parent_product_id company_id main_category",
        text="product_code product product_type status usergroup_ids is_edp tracking free_shipping"
        " zero_price_action options_type company_name",
        json="tax_ids",
        decimal="price base_price list_price amount weight length width height shipping_freight"
        " low_avail_limit min_qty max_qty qty_step",
        timestamp="timestamp updated_timestamp avail_since",
    ),
    "category_ids": [fields(bigint="category_id")],
    "main_pair": {"detailed": fields(text="image_path alt")},
}

CATEGORY = fields(
    bigint="category_id parent_id company_id storefront_id position product_count",
    text="category status id_path usergroup_ids",
    timestamp="timestamp",
)

CART = fields(
    bigint="user_id company_id storefront_id order_id",
    text=f"cart_id {NAMES} email phone",
    decimal="cart_products total",
    timestamp="date",
)

# Without whom it went to: the order says that, and a guest's shipment could not be found to be forgotten.
SHIPMENT = {
    **fields(
        bigint="shipment_id order_id shipping_id user_id company_id group_key",
        text="shipping carrier tracking_number status",
        json="carrier_info",
        timestamp="shipment_timestamp order_timestamp",
    ),
    "products": [fields(bigint="item_id", decimal="amount")],
}

SHIPPING = fields(
    bigint="shipping_id company_id position service_id",
    text="shipping status delivery_time rate_calculation is_address_required usergroup_ids",
    decimal="min_weight max_weight",
    json="tax_ids",
)

PAYMENT = fields(
    bigint="payment_id company_id position processor_id",
    text="payment description status surcharge_title usergroup_ids processor processor_type",
    decimal="a_surcharge p_surcharge",
    json="tax_ids",
)

STORE = fields(
    bigint="company_id",
    text="company status storefront secure_storefront lang_code email phone address city state country"
    " zipcode",
    timestamp="timestamp",
)
