"""How the shop presents itself, as records: versions, methods, groups, campaigns, banners.

Facts: reference/mycashflow-api.md 5.5, 5.8, 5.11, 5.14. The inner members of a campaign's conditions
and discounts are invented, as are the fields of versions; what is not there is the list `[]`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.demo.catalogue import (
    BANK,
    CAMPAIGN_TIME,
    CARD,
    COURIER,
    FREE_SHIPPING_FROM,
    GIFT_CARD,
    GIFT_CARDS,
    INVOICE,
    ON_DELIVERY,
    PICKUP,
    POST,
    REFUND,
    STORE,
    Item,
    campaign_id,
)
from pipelines.demo.goods import SEO, translations, visibilities
from pipelines.demo.helsinki import local_text
from pipelines.demo.people import GROUPS, LANGUAGES
from pipelines.demo.stamps import Stamps
from pipelines.demo.wire import money

Record = dict[str, Any]

SHIPPING_METHODS = {
    POST: ("Postipaketti", "delivery", "posti", "PO2103"),
    PICKUP: ("Nouto pakettiautomaatista", "pickup", "matkahuolto", "MH80"),
    COURIER: ("Kotiinkuljetus", "delivery", "posti", "PO2104"),
    STORE: ("Nouto myymälästä", "store", None, None),
}
"""Id -> name, type, service provider, service code."""

PAYMENT_METHODS = {
    CARD: ("Maksukortti", "paytrail"),
    BANK: ("Verkkopankki", "paytrail"),
    INVOICE: ("Lasku", None),
    GIFT_CARD: ("Lahjakortti", None),
    ON_DELIVERY: ("Postiennakko", None),
    REFUND: ("Palautus", None),
}
"""Id -> name, provider."""

_BANNER_GROUPS = ((1, "front", "Etusivu"), (4, "sidebar", "Sivupalkki"))
_BANNERS = (
    (1, 1, "new", "Uutuudet"),
    (2, 1, "sale", 'Ale "nyt"'),
    (5, 4, "free-shipping", "Ilmainen toimitus"),
)
_CODE_CAMPAIGN, _FREE_SHIPPING_CAMPAIGN = 60, 61
_CODE_LINK = f"/campaign/{_CODE_CAMPAIGN}"


def version_records(stamps: Stamps) -> list[Record]:
    """The storefronts, one per language."""
    return [
        {
            "id": version_id,
            **stamps.new(),
            "name": f"Esimerkkikauppa ({language})",
            "language": language,
            "currency": "EUR",
            "domain": f"{language}.shop.example.com",
        }
        for version_id, language in LANGUAGES.items()
    ]


def shipping_records(stamps: Stamps) -> list[Record]:
    """The ways of delivery."""
    return [
        {
            "id": method_id,
            **stamps.new(),
            "name": name,
            "type": kind,
            "service_provider": provider,
            "service_code": code,
            "product_code": f"SHIP-{method_id}",
            "description": f"<p>{name}</p>",
            "free_shipping_threshold": money(FREE_SHIPPING_FROM) if provider else None,
            "sort": method_id,
        }
        for method_id, (name, kind, provider, code) in SHIPPING_METHODS.items()
    ]


def payment_records(stamps: Stamps) -> list[Record]:
    """The ways of payment, refunds among them."""
    return [
        {
            "id": method_id,
            **stamps.new(),
            "name": name,
            "description": f"<p>{name}</p>" if provider else None,
            "username": "merchant-13466" if provider else None,
            "product_code": f"PAY-{method_id}",
            "sort": place,
            "provider": provider,
        }
        for place, (method_id, (name, provider)) in enumerate(PAYMENT_METHODS.items(), start=1)
    ]


def group_records(stamps: Stamps, members: Mapping[int, Sequence[int]]) -> list[Record]:
    """The customer groups; `members` are the accounts in each."""
    return [
        {
            "id": group_id,
            **stamps.new(),
            "name": name,
            "translations": translations(name, "name"),
            "customer_links": [{"customer_id": account_id} for account_id in members[group_id]],
        }
        for group_id, name in GROUPS.items()
    ]


def banner_group_records(stamps: Stamps) -> list[Record]:
    """The places where banners hang."""
    return [
        {
            "id": number,
            **stamps.new(),
            "code": code,
            "title": title,
            "translations": translations(title, "title"),
        }
        for number, code, title in _BANNER_GROUPS
    ]


def banner_records(stamps: Stamps) -> list[Record]:
    """The banners."""
    records = []
    for place, (number, group_id, code, title) in enumerate(_BANNERS, start=1):
        times = stamps.new()
        records.append(
            {
                "id": number,
                **times,
                "group_id": group_id,
                "sort": place,
                "code": code,
                "title": title,
                "content": f"<p>{title}</p>",
                "visible_from": times["created_at"],
                "visible_to": times["updated_at"] if place == 2 else None,
                "file": f"{code}.jpg",
                "link": _CODE_LINK,
                "translations": [
                    {**translation, "content": f"<p>{title}</p>", "link": _CODE_LINK}
                    for translation in translations(title, "title")
                ],
                "visibilities": visibilities(),
            }
        )
    return records


def campaign_records(stamps: Stamps, items: Sequence[Item], start: int, end: int) -> list[Record]:
    """One campaign per ninety days with its prices, and two that lower no price."""
    prices = _prices([item for item in items if item.kind != GIFT_CARDS])
    sales = []
    for period in range(start // CAMPAIGN_TIME, end // CAMPAIGN_TIME + 1):
        first = period * CAMPAIGN_TIME
        days = {"from": local_text(first)[:10], "to": local_text(first + CAMPAIGN_TIME)[:10]}
        campaign = _campaign(campaign_id(first), stamps.new(max(start, first)), f"Ale {days['from']}")
        campaign["conditions"]["time"] = days
        campaign["discounts"]["products"] = {"percentage": 20}
        sales.append({**campaign, "prices": prices})
    code = _campaign(_CODE_CAMPAIGN, stamps.new(), "Kesäalennus")
    code["conditions"]["code"] = "KESA10"
    code["discounts"]["discount_row"] = {"percentage": 10, "amount": None}
    free = _campaign(_FREE_SHIPPING_CAMPAIGN, stamps.new(), "Ilmainen toimitus")
    free["conditions"]["customers"] = {"customer_group_id": 1}
    free["discounts"]["free_shipping"] = {"minimum": 79.0}
    return [*sorted(sales, key=lambda sale: int(sale["id"])), code, {**free, "published": False}]


def _campaign(number: int, times: Record, name: str) -> Record:
    return {
        "id": number,
        **times,
        "published": True,
        "conditions": {"time": [], "code": None, "customers": []},
        "discounts": {"products": [], "free_shipping": [], "discount_row": []},
        "page": {
            "description": f"<p>{name}</p>",
            "enabled": number % 2 == 0,
            "image": f"campaign-{number}.png",
            "link": f"/campaign/{number}",
            "pinned": False,
            "template": "campaign/campaign-alternative",
        },
        "translations": translations(name, "name", "description", *SEO),
        "visibilities": visibilities(),
    }


def _prices(items: Sequence[Item]) -> list[Record]:
    """The campaign price of each item, and of the first one a lower price for three."""
    prices = [
        {
            "product_id": item.product_id,
            "variation_id": item.variation_id,
            "download_id": item.download_id,
            "quantity": None,
            "price": money(item.campaign_price),
            "order_limit": None,
        }
        for item in items
    ]
    first = items[0]
    return [*prices, {**prices[0], "quantity": 3, "price": money(first.price * 7 // 10), "order_limit": 6}]
