"""Orders of a CS-Cart shop, told in full, as its add-ons and tax settings change them.

Facts: reference/cscart-and-apifon.md 3.3, and what a shop with the add-ons shows. A certificate sold is in
`subtotal` and no line; one that was used takes its `cost` off `total`. What came back by RMA is in
`returned_products`, and the lines are what was kept. With taxes computed on the subtotal, `applies` has an
amount for all goods together, and `items` says which lines they are. A tax that is not in the price
(`price_includes_tax` N) is added to it, but for a surcharge that has its own in it already.

Chosen by us: gift cards of the shop are certificates, for the buyer's friend; orders with an id divisible by
three and single pieces, all kept, are priced without tax; every other one has it in its surcharge.
"""

import zlib
from collections.abc import Sequence
from typing import Any

from pipelines.demo.catalogue import GIFT_CARD
from pipelines.demo.cscart_orders import cents
from pipelines.demo.money import euros

Record = dict[str, Any]

CERTIFICATES = "gift_certificates"
RMA = "rma"
SUBTOTAL_TAXES = "taxes_on_subtotal"
NET_PRICES = "prices_without_tax"
ADDONS = (CERTIFICATES, RMA, SUBTOTAL_TAXES, NET_PRICES)

GIFT_CARD_NAME = "Lahjakortti"


def with_addons(
    whole: Record, record: Record, returned: Sequence[tuple[str, Record, int]], addons: Sequence[str]
) -> Record:
    """An order as the shop tells it with these add-ons.

    Args:
        whole: the order in full, without any.
        record: the shop's own order.
        returned: item id, row and pieces of what came back.
        addons: their names.
    """
    is_third = int(whole["order_id"]) % 3 == 0
    if NET_PRICES in addons and is_third and not returned and _is_of_single_pieces(whole, record):
        whole = _priced_without_tax(whole, record)
    if CERTIFICATES in addons:
        whole = _with_certificates(whole, record)
    if SUBTOTAL_TAXES in addons and whole["taxes"]:
        whole = whole | {"taxes": {rate: _on_subtotal(tax, whole) for rate, tax in whole["taxes"].items()}}
    if RMA in addons and returned:
        whole = whole | {
            "returned_products": {item: _returned(item, row, back) for item, row, back in returned},
            "return": euros(sum(cents(row["unit_price"]) * back for _, row, back in returned)),
            "isset_returns": "Y",
        }
    return whole


def used_certificates(record: Record) -> int:
    """Cents of an order that gift cards paid."""
    paid = sum(
        cents(payment["amount"])
        for payment in record["payments"]
        if payment.get("payment_method_id") == GIFT_CARD and payment.get("status") == "PAID"
    )
    return max(0, min(paid, cents(record.get("total"))))


def _with_certificates(whole: Record, record: Record) -> Record:
    lines = dict(whole["products"] or {})
    cards = {item: line for item, line in lines.items() if line["product"].startswith(GIFT_CARD_NAME)}
    made: Record = {"products": {item: line for item, line in lines.items() if item not in cards} or []}
    if cards:
        made["gift_certificates"] = {item: _certificate(item, line, whole) for item, line in cards.items()}
    used = used_certificates(record)
    if used:
        code = _code(f"used {whole['order_id']}")
        cost = {"gift_cert_id": str(int(whole["order_id"]) + 1), "amount": used / 100 + 5, "cost": used / 100}
        made["use_gift_certificates"] = {code: cost | {"log_id": "1"}}
        made["total"] = euros(cents(float(whole["total"])) - used)
    return whole | made


def _certificate(item: str, line: Record, whole: Record) -> Record:
    friend = f"ystava{whole['order_id']}"
    return {
        "gift_cert_id": whole["order_id"],
        "gift_cert_code": _code(f"sold {whole['order_id']} {item}"),
        "amount": line["subtotal"],
        "subtotal": line["subtotal"],
        "display_subtotal": line["subtotal"],
        "tax_value": 0,
        "send_via": "E",
        "recipient": friend.title(),
        "sender": whole["firstname"],
        "email": f"{friend}@example.com",
        "message": f"Onnea, {friend}!",
        "products": [],
    }


def _code(seed: str) -> str:
    number = f"{zlib.crc32(seed.encode()):08X}"
    return f"GC-{number[:4]}-{number[4:]}"


def _returned(item: str, row: Record, back: int) -> Record:
    price = cents(row["unit_price"])
    return {
        "item_id": item,
        "product_id": str(row.get("variation_id") or row.get("product_id") or 0),
        "product_code": row.get("product_code") or "",
        "product": row.get("product_name") or "",
        "price": euros(price),
        "amount": str(back),
        "subtotal": price * back / 100,
        "extra": {"returns": {"1": {"amount": back, "status": "C"}}},
    }


def _on_subtotal(tax: Record, whole: Record) -> Record:
    """A tax with an amount for all lines it names, instead of one for each."""
    applies, items = dict[str, float](), dict[str, Any]()
    for name, amount in tax["applies"].items():
        kind, _, rest = name.partition("_")
        applies[kind] = round(applies.get(kind, 0) + amount, 2)
        if kind == "S":
            items[kind] = {"0": {rest.partition("_")[2]: True}}
        else:
            items.setdefault(kind, {})[rest] = True
    return tax | {"applies": {**applies, "items": {"P": [], "S": [], "PS": []} | items}}


def _nets(record: Record, component: str) -> dict[float, int]:
    """Rate -> cents without tax."""
    parts = record["tax_summary"][component]
    return {float(part["tax_rate"]): cents(part["total_without_tax"]) for part in parts}


def _is_of_single_pieces(whole: Record, record: Record) -> bool:
    """True when each rate is of one line of one piece, so that a price without tax is exact."""
    lines = list((whole["products"] or {}).values())
    rates = [rate for rate, net in _nets(record, "subtotal").items() if net]
    return 0 < len(lines) == len(rates) and all(line["amount"] == "1" for line in lines)


def _priced_without_tax(whole: Record, record: Record) -> Record:
    nets, products = _nets(record, "subtotal"), {}
    for item, line in whole["products"].items():
        rate = next(
            (tax["rate_value"] for tax in whole["taxes"].values() if f"P_{item}" in tax["applies"]), 0
        )
        price = nets[float(rate)]
        products[item] = line | {
            "price": euros(price),
            "subtotal": price / 100,
            "display_subtotal": price / 100,
        }
    has_fee_inside = int(whole["order_id"]) % 2 == 0
    fees = sum(_nets(record, "payment_costs").values()) / 100
    shipping = sum(_nets(record, "shipping_costs").values())
    return whole | {
        "products": products,
        "subtotal": sum(cents(float(line["price"])) for line in products.values()) / 100,
        "subtotal_discount": sum(_nets(record, "discount").values()) / 100,
        "shipping_cost": euros(shipping),
        "display_shipping_cost": euros(shipping),
        "payment_surcharge": whole["payment_surcharge"] if has_fee_inside else fees,
        "taxes": {rate: tax | {"price_includes_tax": "N"} for rate, tax in whole["taxes"].items()},
        "tax_subtotal": sum(tax["tax_subtotal"] for tax in whole["taxes"].values()),
    }
