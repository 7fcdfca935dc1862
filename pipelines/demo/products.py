"""Products and their variations as records (reference/mycashflow-api.md 5.1, 5.2).

Some of it is chosen to be hard on a client: an object that is not there is the list `[]` (hazard 6),
prices are missing here and there, one code is used twice (22), one product is in no order.
"""

from itertools import groupby
from typing import Any

from pipelines.demo.catalogue import GIFT_CARDS, STANDARD, Catalogue, Item, vat_rate
from pipelines.demo.goods import (
    CATEGORIES,
    SEO,
    SUPPLIER_OF,
    image_file,
    image_ids,
    translations,
    visibilities,
)
from pipelines.demo.money import percent
from pipelines.demo.resources import RESOURCES
from pipelines.demo.stamps import Stamps
from pipelines.demo.wire import money

Record = dict[str, Any]

_TRANSLATED = ("name", "description", "information", *SEO)
_FEATURES = {"Materiaali": ["villa", "puuvilla"], "Koko": 38}
_DISCONTINUED = "Villasukat, vanha erä"


def items_of(catalogue: Catalogue) -> list[Item]:
    """All that can be bought, by product and variation."""
    items = [item for kind in catalogue.values() for item in kind]
    return sorted(items, key=lambda item: (item.product_id or 0, item.variation_id or 0))


def with_discontinued(items: list[Item]) -> list[Item]:
    """The items and one more that nobody has bought, with a code that is in use and no price."""
    last = items[-1].product_id or 0
    return [*items, Item(last + 2, None, items[0].code, _DISCONTINUED, None, STANDARD, 0)]


def firsts(items: list[Item]) -> list[Item]:
    """The first item of each product; `items` are in the order of products."""
    return [next(group) for _, group in groupby(items, key=lambda item: item.product_id)]


class Products:
    """Writes products down.

    Args:
        stamps: gives the times.
        stock: stock records by what they count.
        brands: the brands' records.
        end: Unix seconds; VAT rates are those of this moment.
    """

    def __init__(self, stamps: Stamps, stock: dict[Item, Record], brands: list[Record], end: int) -> None:
        self._stamps = stamps
        self._stock = stock
        self._brands: dict[int | None, Record] = {brand["id"]: _bare(brand) for brand in brands}
        self._end = end

    def records(self, items: list[Item]) -> list[Record]:
        """One record per product; `items` are in the order of products."""
        groups = groupby(items, key=lambda item: item.product_id)
        return [self._product(product_id or 0, list(group)) for product_id, group in groups]

    def _product(self, product_id: int, items: list[Item]) -> Record:
        item, times = items[0], self._stamps.new()
        is_counted = item in self._stock
        return {
            "id": product_id,
            **times,
            **_texts(item),
            **_prices(item, is_known=item.kind != GIFT_CARDS and item.price > 0),
            "vat_rate": float(percent(vat_rate(item.kind, self._end))),
            "weight": product_id % 40 / 10 if is_counted else None,
            "warranty": 24 if item.kind == STANDARD and item.price > 5000 else None,
            "brand_id": self._brand_id(product_id),
            "supplier_id": SUPPLIER_OF.get(item.kind),
            "available_to": times["updated_at"][:10] if item.name == _DISCONTINUED else None,
            "order_limit": 5 if item.kind == GIFT_CARDS else None,
            "order_limit_min": 1,
            "featured": product_id % 7 == 0,
            "visible_from": times["created_at"],
            "purchasable_from": times["created_at"],
            "barcode": f"64{product_id:010d}" if is_counted and item.variation_id is None else None,
            "features": [] if item.variation_id is None else _FEATURES,
            **self._nested(product_id, items, times),
        }

    def _nested(self, product_id: int, items: list[Item], times: Record) -> Record:
        """All that comes only when expanded; a product with variations has no stock of its own."""
        item, varies = items[0], items[0].variation_id is not None
        return {
            "translations": translations(item.name, *_TRANSLATED),
            "visibilities": visibilities(shown=item.name != _DISCONTINUED),
            "category_links": _category_links(item, times),
            "image_links": _image_links(item),
            "variations": [self._variation(*one) for one in enumerate(items)] if varies else [],
            "brand": self._brands.get(self._brand_id(product_id), []),
            "stock_item": [] if varies else self._stock.get(item, []),
        }

    def _brand_id(self, product_id: int) -> int | None:
        number = product_id % 10
        return number if number in self._brands else None

    def _variation(self, place: int, item: Item) -> Record:
        return {
            "id": item.variation_id,
            **self._stamps.new(),
            "image_id": image_ids(item)[0] if place % 2 else None,
            "product_id": item.product_id,
            "sort": place + 1,
            "name": item.model,
            "product_code": item.code,
            **_prices(item, is_known=item.kind == GIFT_CARDS or (item.product_id or 0) % 2 == 0),
            "weight": None,
            "features": [],
            "stock_item": self._stock.get(item, []),
        }


def _code(item: Item) -> str:
    """The product's own code: its variations' without the number."""
    return item.code.rpartition("-")[0] if item.variation_id is not None else item.code


def _texts(item: Item) -> Record:
    return {
        "product_code": _code(item),
        "supplier_code": f"T-{item.product_id}" if (item.product_id or 0) % 3 else None,
        "name": item.name,
        "description": f"<p>{item.name}: suomalaista laatua.</p>",
        "keywords": item.name.lower(),
        "seo_title": item.name,
    }


def _prices(item: Item, is_known: bool) -> Record:
    """A variation without a price has its product's."""
    return {
        "price": money(item.price) if is_known else None,
        "purchase_price": money(item.purchase_price) if is_known else None,
    }


def _category_links(item: Item, stamps: Record) -> list[Record]:
    homes = [(category_id, names) for category_id, _, _, names in CATEGORIES if item.name in names]
    return [
        {
            **stamps,
            "category_id": category_id,
            "category_sort": place,
            "product_id": item.product_id,
            "product_sort": names.index(item.name) + 1,
        }
        for place, (category_id, names) in enumerate(homes, start=1)
    ]


def _image_links(item: Item) -> list[Record]:
    return [
        {
            "product_id": item.product_id,
            "image_id": image_id,
            "sort": place,
            "filename": image_file(image_id),
            "caption": item.name if place == 1 else None,
        }
        for place, image_id in enumerate(image_ids(item), start=1)
    ]


def _bare(brand: Record) -> Record:
    """A brand as its products show it: with a template, without visibilities (5.6)."""
    fields = [name for name in RESOURCES["brands"].fields if name != "visibilities"]
    return {**{name: brand.get(name) for name in fields}, "template": "brand/default"}
