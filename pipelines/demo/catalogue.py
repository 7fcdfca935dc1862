"""What the shop sells and how it is paid and sent: products, variations, methods, campaigns.

Four kinds of goods by VAT: standard (25.5 %, before September 2024 24 %), food (14 %), books (10 %)
and gift cards (0 %). Other changes of the law are left out.
"""

import json
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from random import Random

from pipelines.demo.helsinki import DAY, day_start
from pipelines.demo.money import euros

CARD, BANK, INVOICE, GIFT_CARD, ON_DELIVERY, REFUND = 1, 2, 3, 4, 5, 9
POST, PICKUP, COURIER, STORE = 1, 2, 3, 4
SHIPPING_COSTS = {POST: 590, PICKUP: 490, COURIER: 990, STORE: 0}
PAYMENT_COSTS = {INVOICE: 295, ON_DELIVERY: 450}
FREE_SHIPPING_FROM = 7900
CAMPAIGN_TIME = 90 * DAY
RETURN_REASONS = (
    ("wrong-size", "Väärä koko"),
    ("damaged", "Vaurioitunut kuljetuksessa"),
    ("changed-mind", "Ei vastannut odotuksia"),
)

STANDARD, FOOD, BOOKS, GIFT_CARDS = "standard", "food", "books", "gift cards"
PURCHASES = "purchases"
_RATES = {FOOD: 1400, BOOKS: 1000, GIFT_CARDS: 0, PURCHASES: 0}
_CUSTOMIZATIONS = {
    "Kaiverrettu kuksa": [{"name": "Kaiverrus", "value": 'Hyvää matkaa, "ystävä"!'}],
    "Saunasetti": "Lahjapaperi: sininen",
}
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


@dataclass(frozen=True, eq=False)
class Item:
    """One thing that can be bought: a product or a variation of one; `price` in cents."""

    product_id: int | None
    variation_id: int | None
    code: str
    name: str
    model: str | None
    kind: str
    price: int
    is_free: bool = False

    @property
    def download_id(self) -> int | None:
        """The file that is sold, if it is one."""
        return 7 if "e-kirja" in self.name else None

    @property
    def is_stocked(self) -> bool:
        """Whether there is anything on a shelf to count: files and gift cards have none."""
        return self.kind in (STANDARD, FOOD, BOOKS) and not self.download_id and not self.is_free

    @property
    def campaign_price(self) -> int:
        """The price in any campaign, in cents."""
        return self.price * 8 // 10

    @cached_property
    def origin(self) -> str:
        """The first fixed members of an order row's JSON."""
        is_download = self.download_id is not None
        return _members(
            product_id=self.product_id,
            variation_id=self.variation_id,
            download_id=self.download_id,
            download_time_ends=None,
            download_times_left=3 if is_download else None,
            download_url="https://files.example.com/7" if is_download else None,
            customizations=_CUSTOMIZATIONS.get(self.name),
        )

    @cached_property
    def label(self) -> str:
        """The last fixed members of an order row's JSON."""
        return _members(
            product_code=self.code,
            product_name=self.name,
            model_name=self.model,
            warranty="24 kk" if self.kind == STANDARD and self.price > 5000 else None,
        )

    @cached_property
    def cost(self) -> str:
        """The purchase price as JSON."""
        return "null" if self.purchase_price is None else euros(self.purchase_price)

    @property
    def purchase_price(self) -> int | None:
        """What the shop pays for one, in cents."""
        known = self.kind in (STANDARD, FOOD, BOOKS) and not self.is_free
        return self.price * 55 // 100 if known else None


FREE_GIFT = Item(None, None, "FREE", "Kaupan päälle", None, STANDARD, 0, is_free=True)
PURCHASE = Item(1, None, "PURCHASE", "Purchase", None, PURCHASES, 0)

Catalogue = dict[str, list[Item]]
"""All items by kind, best sellers first."""


def make_catalogue(rng: Random) -> Catalogue:
    """The shop's goods; prices and order of popularity follow the seed."""
    items: Catalogue = {}
    product_id = 100
    for kind, goods in _GOODS.items():
        items[kind] = []
        for name, models, price in goods:
            product_id += rng.randint(1, 4)
            near = price if kind == GIFT_CARDS else price + 10 * rng.randint(-9, 9)
            product = Item(product_id, None, f"P{product_id}", name, None, kind, near)
            items[kind] += _variations(product, models) or [product]
        rng.shuffle(items[kind])
    return items


def campaign_id(moment: int) -> int:
    """The campaign of the ninety days a moment is in."""
    return 20 + moment // CAMPAIGN_TIME % 40


def vat_rate(kind: str, moment: int) -> int:
    """The rate in force for a kind of goods, in hundredths of a percent."""
    if kind == STANDARD:
        return 2550 if moment >= _raised_at() else 2400
    return _RATES[kind]


@cache
def _raised_at() -> int:
    return day_start(date(2024, 9, 1))


def _variations(product: Item, models: tuple[str, ...]) -> list[Item]:
    """The product's variations, gift cards each at twice the value of the one before."""
    doubling = 1 if product.kind == GIFT_CARDS else 0
    return [
        replace(
            product,
            variation_id=(product.product_id or 0) * 10 + place,
            code=f"{product.code}-{place}",
            model=model,
            price=product.price << doubling * place,
        )
        for place, model in enumerate(models)
    ]


def _members(**values: object) -> str:
    return json.dumps(values, separators=(",", ":"))[1:-1]
