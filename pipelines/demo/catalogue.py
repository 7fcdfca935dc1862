"""What the shop sells and how it is paid and sent: products, variations, methods, campaigns.

Four kinds of goods by VAT: standard (25.5 %, before September 2024 24 %), food (14 %), books (10 %) and gift cards
(0 %). Other changes of the law are left out.
"""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random

from pipelines.demo.helsinki import day_start
from pipelines.demo.money import euros

CARD, BANK, INVOICE, GIFT_CARD, ON_DELIVERY, REFUND = 1, 2, 3, 4, 5, 9
POST, PICKUP, COURIER, STORE = 1, 2, 3, 4
SHIPPING_COSTS = {POST: 590, PICKUP: 490, COURIER: 990, STORE: 0}
PAYMENT_COSTS = {INVOICE: 295, ON_DELIVERY: 450}
FREE_SHIPPING_FROM = 7900
RETURN_REASONS = (
    ("wrong-size", "Väärä koko"),
    ("damaged", "Vaurioitunut kuljetuksessa"),
    ("changed-mind", "Ei vastannut odotuksia"),
)

STANDARD, FOOD, BOOKS, GIFT_CARDS = "standard", "food", "books", "gift cards"
_RATES = {FOOD: 1400, BOOKS: 1000, GIFT_CARDS: 0}
_SIZES = ("S", "M", "L", "XL")
_COLOURS = ("musta", "valkoinen", "mänty")
_GOODS: dict[str, tuple[tuple[str, tuple[str, ...], int], ...]] = {
    STANDARD: (
        ("Villasukat", _SIZES, 1990),
        ("Lapaset", _SIZES[:3], 2490),
        ("Pipo", _COLOURS, 2990),
        ("Neulepaita", _SIZES, 7990),
        ("Kahvimylly", (), 5900),
        ("Termosmuki 0,5 l", _COLOURS, 2450),
        ('Keittiöveitsi "Terä" 20 cm', (), 4990),
        ("Leikkuulauta", (), 3490),
        ("Pellavapyyhe", _COLOURS, 1890),
        ("Saunasetti", (), 6490),
        ("Kynttilä", _COLOURS, 1290),
        ("Retkikirves", (), 8900),
        ("Taskulamppu\\Otsalamppu", (), 3990),
        ("Kaiverrettu kuksa", (), 4450),
    ),
    FOOD: (
        ("Tumma kahvi 500 g", (), 890),
        ("Vaalea kahvi 500 g", (), 850),
        ("Metsähunaja", ("250 g", "500 g"), 790),
        ("Suklaalevy", ("maito", "tumma", "suola ☆"), 450),
        ("Salmiakki 1 kg", (), 1190),
        ("Ruissipsit", (), 390),
        ("Marjahillo", ("mustikka", "puolukka"), 650),
        ("Tee 100 g", (), 720),
    ),
    BOOKS: (
        ("Neulojan kirja", (), 3190),
        ("Leipäkirja", (), 2890),
        ("Retkiopas", (), 2450),
        ("Retkiopas, e-kirja", (), 1490),
        ("Lasten kuvakirja", (), 1690),
    ),
    GIFT_CARDS: (("Lahjakortti", ("25 €", "50 €", "100 €"), 2500),),
}


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One thing that can be bought; `origin` and `label` are its fixed members of an order row's JSON."""

    product_id: int | None
    variation_id: int | None
    kind: str
    price: int
    cost: str
    origin: str
    label: str
    is_free: bool = False


@dataclass(frozen=True)
class Catalogue:
    """All items by kind, best sellers first, and the free gift."""

    items: dict[str, list[Item]]
    gift: Item


def make_catalogue(rng: Random) -> Catalogue:
    """The shop's goods; prices and order of popularity follow the seed."""
    items: dict[str, list[Item]] = {}
    product_id = 100
    for kind, goods in _GOODS.items():
        items[kind] = []
        for name, models, price in goods:
            product_id += rng.randint(1, 4)
            items[kind] += _variations(product_id, name, models, kind, _near(price, kind, rng))
        rng.shuffle(items[kind])
    return Catalogue(items, _item((None, None), "FREE", "Kaupan päälle", None, STANDARD, 0))


def vat_rate(kind: str, moment: int) -> int:
    """The rate in force for a kind of goods, in hundredths of a percent."""
    if kind == STANDARD:
        return 2550 if moment >= _raised_at() else 2400
    return _RATES[kind]


@cache
def _raised_at() -> int:
    return day_start(date(2024, 9, 1))


def _near(price: int, kind: str, rng: Random) -> int:
    return price if kind == GIFT_CARDS else price + 10 * rng.randint(-9, 9)


def _variations(
    product_id: int, name: str, models: tuple[str, ...], kind: str, price: int
) -> list[Item]:
    if not models:
        return [_item((product_id, None), f"P{product_id}", name, None, kind, price)]
    doubling = 1 if kind == GIFT_CARDS else 0
    return [
        _item(
            (product_id, product_id * 10 + place),
            f"P{product_id}-{place}",
            name,
            model,
            kind,
            price << doubling * place,
        )
        for place, model in enumerate(models)
    ]


def _item(
    ids: tuple[int | None, int | None],
    code: str,
    name: str,
    model: str | None,
    kind: str,
    price: int,
) -> Item:
    download = {"id": 7, "times": 3, "url": "https://files.example.com/7"} if "e-kirja" in name else {}
    origin = {
        "product_id": ids[0],
        "variation_id": ids[1],
        "download_id": download.get("id"),
        "download_time_ends": None,
        "download_times_left": download.get("times"),
        "download_url": download.get("url"),
        "customizations": _customizations(name),
    }
    label = {
        "product_code": code,
        "product_name": name,
        "model_name": model,
        "warranty": "24 kk" if kind == STANDARD and price > 5000 else None,
    }
    cost = euros(price * 55 // 100) if price and kind != GIFT_CARDS else "null"
    return Item(*ids, kind, price, cost, _members(origin), _members(label), not price)


def _customizations(name: str) -> object:
    if "Kaiverrettu" in name:
        return [{"name": "Kaiverrus", "value": "Hyvää matkaa, \"ystävä\"!"}]
    return "Lahjapaperi: sininen" if name == "Saunasetti" else None


def _members(values: dict[str, object]) -> str:
    return json.dumps(values, separators=(",", ":"))[1:-1]
