"""Orders as CS-Cart tells them in full: `GET /orders/{id}`, or a list with `get_orders_data`.

Facts: reference/cscart-and-apifon.md 3.3. Most numbers are texts; `discount`, `subtotal_discount`,
`payment_surcharge`, `subtotal` and what is recomputed of a line are numbers. Maps without members
are `[]`.

Money. Prices include VAT. `total` = `subtotal` - `subtotal_discount` + `shipping_cost` +
`payment_surcharge`, the same as the shop's own order. `discount` is what campaigns took off the
lines' prices, which are lower already: it is only told. VAT is in `taxes`, one per rate (its id is
the rate in hundredths of a percent): `applies` splits it into `P_<item>` (a line, its share of
`subtotal_discount` taken off), `S_0_<shipping>` and `PS_<payment>`. So goods without VAT are
`subtotal` - `subtotal_discount` - all `P_`, and a line's `tax_value` is its `P_` of all taxes.

Returns. The API has no list of returns (RMA). What it shows is the order as it is after the return:
a line has what was kept in `amount` and, if some of it came back, how much in `returns_info` (status
of the return -> pieces); a line that came back whole is gone. No day is told but the order's
`updated_at`, which later edits move. So returned goods are missing from the order's own day: sales
of a day in the past shrink.

Chosen by us: an item's id is the same in all orders that have it; `returns_info`; line prices before
a campaign (all of which take a fifth off); the inner members of `payment_info`, `product_groups`
and `promotions`. The last two hold copies of the buyer, the first one of a card: a client must drop
them.
"""

import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipelines.demo.catalogue import CARD
from pipelines.demo.cscart_addons import with_addons
from pipelines.demo.cscart_asking import Dialect
from pipelines.demo.cscart_orders import OrderFacts, cents, product_id_of
from pipelines.demo.cscart_people import language_code
from pipelines.demo.cscart_statuses import spoken
from pipelines.demo.money import euros, shares
from pipelines.demo.storefront import PAYMENT_METHODS, SHIPPING_METHODS

Record = dict[str, Any]

_COUNTRIES = {"FI": "Finland", "SE": "Sweden", "EE": "Estonia"}
_COUPON_PROMOTION = 60
_PLAIN_PROMOTION = 62


def full_order(
    order: OrderFacts,
    record: Record,
    user_id: int,
    updated_at: int,
    dialect: Dialect,
    addons: Sequence[str] = (),
) -> Record:
    """The order in full.

    Args:
        order: what is known of it.
        record: the shop's own order.
        user_id: the account it is linked to.
        updated_at: when it was last changed.
        dialect: the release that tells it.
        addons: what is switched on in the shop (`cscart_addons`).
    """
    lines = Lines(order, record)
    buyer = _buyer(record)
    whole = {
        **_heading(order, user_id),
        **_money(lines, record),
        **buyer,
        **_marketing(lines, record),
        **_delivery(order),
        **_payment(order),
        "status": spoken(order.status, dialect),
        "updated_at": str(updated_at),
        "lang_code": language_code(record.get("language")),
        "notes": "\n".join(comment.get("text") or "" for comment in record["comments"]),
        "details": record.get("details") or "",
        "products": _map(lines.told),
        "taxes": _map(lines.taxes),
        "product_groups": [_group(order, lines, buyer)],
    }
    if not dialect.has_updated_at:
        del whole["updated_at"]
    return with_addons(whole, record, lines.returned, addons)


class Lines:
    """An order's lines and taxes.

    Attributes:
        told: item id -> line.
        taxes: tax id -> tax.
        subtotal: cents of all lines.
        discount: cents that campaigns took off them.
        returned: item id, row and pieces of what came back.
    """

    def __init__(self, order: OrderFacts, record: Record) -> None:
        self._order = order
        everything = _kept(record["products"])
        kept = [(row, amount, back) for row, amount, back in everything if amount]
        self._items = _item_ids([row for row, _, _ in kept])
        self._rates = [_hundredths(row.get("vat_rate")) for row, _, _ in kept]
        self._sums = [cents(row.get("unit_price")) * amount for row, amount, _ in kept]
        self.subtotal = sum(self._sums)
        self.discount = sum(_reduction(row) * amount for row, amount, _ in kept)
        self.taxes = self._taxes(record)
        self.told = {
            item: self._line(item, row, amount, back)
            for item, (row, amount, back) in zip(self._items, kept, strict=True)
        }
        items = {row["id"]: item for item, (row, _, _) in zip(self._items, kept, strict=True)}
        self.returned = [
            (items.get(row["id"]) or str(zlib.crc32(f"gone {row['id']}".encode())), row, back)
            for row, _, back in everything
            if back
        ]

    def _taxes(self, record: Record) -> dict[str, Record]:
        summary = record["tax_summary"]
        goods = Counter(_tax_cents(summary["subtotal"]))
        goods.subtract(_tax_cents(summary["discount"]))
        applies: dict[int, dict[str, int]] = {rate: self._shared(rate, tax) for rate, tax in goods.items()}
        for name, component in (
            (f"S_0_{self._order.shipping_id}", "shipping_costs"),
            (f"PS_{self._order.payment_id}", "payment_costs"),
        ):
            for rate, tax in _tax_cents(summary[component]).items():
                applies.setdefault(rate, {})[name] = tax
        return {
            str(rate): _tax(rate, applies[rate]) for rate in sorted(applies, reverse=True) if applies[rate]
        }

    def _shared(self, rate: int, tax: int) -> dict[str, int]:
        """The goods' tax of one rate over its lines; over all if none of these is left."""
        weights = [total if line == rate else 0 for total, line in zip(self._sums, self._rates, strict=True)]
        if not sum(weights):
            weights = self._sums
        if not sum(weights):
            return {}
        parts = zip(self._items, weights, shares(tax, weights), strict=True)
        return {f"P_{item}": part for item, weight, part in parts if weight}

    def _line(self, item: str, row: Record, amount: int, back: int) -> Record:
        price, off = cents(row.get("unit_price")), _reduction(row)
        tax = sum(round(tax["applies"].get(f"P_{item}", 0) * 100) for tax in self.taxes.values())
        product_id = product_id_of(row)
        line: Record = {
            "item_id": item,
            "order_id": str(self._order.order_id),
            "product_id": str(product_id),
            "product_code": row.get("product_code") or "",
            "price": euros(price),
            "amount": str(amount),
            "product": _name(row),
            "product_status": "A" if product_id else None,
            "deleted_product": not product_id,
            "discount": off / 100,
            "base_price": (price + off) / 100,
            "original_price": (price + off) / 100,
            "company_id": str(self._order.company_id),
            "cart_id": item,
            "tax_value": tax / 100,
            "subtotal": price * amount / 100,
            "display_subtotal": price * amount / 100,
            "shipped_amount": str(amount if self._order.shipments else 0),
            "shipment_amount": str(0 if self._order.shipments else amount),
            "is_accessible": "Y",
            "product_url": f"https://shop.example.com/index.php?dispatch=products.view&product_id={product_id}",
            "extra": _extra(row, off),
        }
        if row.get("campaign_id"):
            line["promotions"] = {str(row["campaign_id"]): {"bonuses": [{"discount_value": 20}]}}
        if back:
            line["returns_info"] = {"C": str(back)}
        return line


def _kept(rows: list[Record]) -> list[tuple[Record, int, int]]:
    """Each row that was sold, how much of it was kept and how much came back."""
    came = Counter[tuple[Any, ...]]()
    for row in rows:
        came[_thing(row)] -= min(0, row.get("quantity") or 0)
    kept = []
    for row in rows:
        sold = row.get("quantity") or 0
        if sold > 0:
            back = min(sold, came[_thing(row)])
            came[_thing(row)] -= back
            kept.append((row, sold - back, back))
    return kept


def _thing(row: Record) -> tuple[Any, ...]:
    return product_id_of(row), row.get("product_code"), row.get("unit_price"), row.get("vat_rate")


def _item_ids(rows: list[Record]) -> list[str]:
    """The hash of each row's product, of a second row with the same one another."""
    seen = Counter[str]()
    ids = []
    for row in rows:
        name = f"{product_id_of(row)} {row.get('product_code')}"
        seen[name] += 1
        ids.append(str(zlib.crc32(f"{name} {seen[name]}".encode())))
    return ids


def _reduction(row: Record) -> int:
    """Cents a campaign took off one piece: a fifth of what it was."""
    return cents(row.get("unit_price")) // 4 if row.get("campaign_id") else 0


def _name(row: Record) -> str:
    model = row.get("model_name")
    return f"{row.get('product_name') or ''} ({model})" if model else row.get("product_name") or ""


def _extra(row: Record, off: int) -> Record:
    options = row.get("customizations") if isinstance(row.get("customizations"), list) else []
    return {
        "product_options": {str(place): "1" for place, _ in enumerate(options or [], 1)} or [],
        "product_options_value": [
            {"option_name": option["name"], "variant_name": option["value"]} for option in options or []
        ],
        "is_edp": "Y" if row.get("download_id") else "N",
        "unlimited_download": "N",
        **({"discount": off / 100} if off else {}),
    }


def _hundredths(percent: float | None) -> int:
    return round((percent or 0) * 100)


def _tax_cents(parts: list[Record]) -> dict[int, int]:
    """Rate in hundredths of a percent -> tax in cents, of the rates that tax."""
    taxes = Counter[int]()
    for part in parts:
        taxes[_hundredths(part["tax_rate"])] += cents(part["total_tax"])
    return {rate: tax for rate, tax in taxes.items() if rate}


def _tax(rate: int, applies: dict[str, int]) -> Record:
    return {
        "rate_type": "P",
        "rate_value": f"{rate // 100}.{rate % 100:02d}0",
        "price_includes_tax": "Y",
        "regnumber": "",
        "priority": "0",
        "tax_subtotal": sum(applies.values()) / 100,
        "description": f"ALV {f'{rate / 100:g}'.replace('.', ',')} %",
        "applies": {name: tax / 100 for name, tax in applies.items()},
    }


def _map(members: dict[str, Any]) -> Any:
    """An object; PHP writes one without members as a list."""
    return members or []


def _heading(order: OrderFacts, user_id: int) -> Record:
    return {
        "order_id": str(order.order_id),
        "is_parent_order": "Y" if order.is_parent else "N",
        "parent_order_id": str(order.parent_id),
        "company_id": str(order.company_id),
        "issuer_id": None,
        "user_id": str(user_id),
        "timestamp": str(order.timestamp),
        "payment_id": str(order.payment_id),
        "profile_id": str(user_id),
        "storefront_id": str(order.company_id),
        "localization_id": "0",
        "tax_exempt": "N",
        "repaid": "0",
        "validation_code": "",
        "user_type": "C",
        "doc_ids": [],
        "issuer_data": [],
        "fields": {"36": f"VIITE-{order.order_id}"} if order.order_id % 20 == 0 else [],
        "ip_address": f"203.0.113.{order.order_id % 254 + 1}",
    }


def _money(lines: Lines, record: Record) -> Record:
    shipping, fee = cents(record.get("shipping_costs")), cents(record.get("payment_costs"))
    shipping_tax = sum(_tax_cents(record["tax_summary"]["shipping_costs"]).values())
    return {
        "total": euros(cents(record.get("total"))),
        "subtotal": lines.subtotal / 100,
        "display_subtotal": lines.subtotal / 100,
        "discount": lines.discount / 100,
        "subtotal_discount": cents(record.get("discount")) / 100,
        "payment_surcharge": fee / 100,
        "shipping_cost": euros(shipping),
        "display_shipping_cost": euros(shipping),
        "shipping_tax_value": euros(shipping_tax),
        "tax_subtotal": 0,
        "use_discount": lines.discount > 0,
        "secondary_currency": "SEK" if record.get("language") == "se" else "EUR",
    }


def _buyer(record: Record) -> Record:
    buyer = record.get("customer_information") or {}
    away = record.get("shipping_address") or buyer
    return {
        "firstname": buyer.get("first_name") or "",
        "lastname": buyer.get("last_name") or "",
        "company": buyer.get("company") or "",
        "email": (buyer.get("email") or "").strip(),
        "phone": buyer.get("phone") or "",
        "fax": "",
        "url": "",
        **_address("b", buyer),
        **_address("s", away),
        "s_address_type": "",
    }


def _address(side: str, address: Record) -> Record:
    country = address.get("country") or "FI"
    members = {
        "firstname": address.get("first_name"),
        "lastname": address.get("last_name"),
        "address": address.get("street_address"),
        "city": address.get("city"),
        "country": country,
        "country_descr": _COUNTRIES.get(country, country),
        "zipcode": address.get("postal_code"),
        "phone": address.get("phone"),
    }
    members |= dict.fromkeys(("address_2", "county", "state", "state_descr"))
    return {f"{side}_{name}": value or "" for name, value in members.items()}


def _marketing(lines: Lines, record: Record) -> Record:
    """Promotions and coupons; a discount on the order comes from the one or the other."""
    coupons = record.get("campaign_codes") or []
    promotions = {line for told in lines.told.values() for line in told.get("promotions", {})}
    if record.get("discount"):
        promotions.add(str(_COUPON_PROMOTION if coupons else _PLAIN_PROMOTION))
    found = {
        number: {"name": f"Ale {number}", "short_description": "", "bonuses": []} for number in promotions
    }
    members: Record = {"promotion_ids": ",".join(sorted(promotions)), "promotions": _map(found)}
    if coupons:
        members["coupons"] = {code: [str(_COUPON_PROMOTION)] for code in coupons}
    return members


def _delivery(order: OrderFacts) -> Record:
    name = SHIPPING_METHODS.get(order.shipping_id, ("",))[0]
    shipping = {"shipping_id": str(order.shipping_id), "shipping": name, "group_key": 0}
    return {
        "shipping_ids": str(order.shipping_id or ""),
        "shipping": [shipping] if order.shipping_id else [],
        "need_shipping": bool(order.shipping_id),
        "need_shipment": not order.shipments,
        "shipment_ids": [str(number) for number, _ in order.shipments],
    }


def _payment(order: OrderFacts) -> Record:
    name = PAYMENT_METHODS.get(order.payment_id, ("",))[0]
    method = {"payment_id": str(order.payment_id), "payment": name, "status": "A"}
    card = {"card_number": "XXXX-XXXX-XXXX-1111", "cardholder_name": "E. ESIMERKKI", "expiry_year": "30"}
    return {
        "payment_method": method if name else [],
        "payment_info": {**card, "transaction_id": f"tx-{order.order_id}"}
        if order.payment_id == CARD
        else [],
    }


def _group(order: OrderFacts, lines: Lines, buyer: Record) -> Record:
    return {
        "name": "Esimerkkikauppa",
        "company_id": order.company_id,
        "products": _map({item: {"product_id": line["product_id"]} for item, line in lines.told.items()}),
        "package_info": {"location": buyer},
        "user_data": {"user_id": "0", "birthday": "", **buyer},
        "chosen_shippings": [],
    }
