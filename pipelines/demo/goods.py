"""What goods belong to: brands, suppliers, categories, images, as records.

Facts: reference/mycashflow-api.md 5.5 to 5.7 and 5.15. A root category's parent is not known there
(null or 0): here it is now the one, now the other.
"""

from typing import Any

from pipelines.demo.catalogue import BOOKS, FOOD, PURCHASES, STANDARD, Item
from pipelines.demo.people import LANGUAGES
from pipelines.demo.stamps import Stamps

Record = dict[str, Any]

BRANDS = {1: "Lumo", 2: "Terä & Varsi", 3: "Kotipesä", 5: 'Mustikka "Design"', 8: "Pohjola"}
SUPPLIERS = {1: "Tukku Esimerkki Oy", 2: "Ruokapaja Mallila", 4: "Kirjavälitys Koe"}
SUPPLIER_OF = {STANDARD: 1, FOOD: 2, BOOKS: 4}
CATEGORIES: tuple[tuple[int, int | None, str, tuple[str, ...]], ...] = (
    (1, None, "Vaatteet", ()),
    (2, 1, "Neuleet", ("Neulepaita", "Pipo")),
    (3, 2, "Sukat ja lapaset", ("Villasukat", "Lapaset")),
    (4, 0, "Koti", ("Kynttilä", "Saunasetti", "Pellavapyyhe", "Lasten kuvakirja")),
    (5, 4, "Keittiö", ("Kahvimylly", "Leikkuulauta", 'Keittiöveitsi "Terä" 20 cm', "Termosmuki 0,5 l")),
    (6, None, "Retkeily", ("Retkikirves", "Taskulamppu\\Otsalamppu", "Kaiverrettu kuksa", "Retkiopas")),
    (7, None, "Ruoka", ("Suklaalevy", "Salmiakki 1 kg", "Ruissipsit", "Marjahillo", "Metsähunaja")),
    (9, 7, "Kahvi ja tee", ("Tumma kahvi 500 g", "Vaalea kahvi 500 g", "Tee 100 g")),
    (10, None, "Kirjat", ("Neulojan kirja", "Leipäkirja", "Retkiopas", "Lasten kuvakirja")),
    (12, 10, "E-kirjat", ("Retkiopas, e-kirja",)),
    (13, None, "Lahjakortit", ("Lahjakortti",)),
    (14, 1, "Poistuneet", ("Villasukat, vanha erä",)),
)
"""Id, parent, name, names of the products in it."""

SEO = ("seo_title", "seo_page_title", "seo_meta_description")
_HIDDEN = "Poistuneet"
_TEMPLATES = ("category-front", "product-list", "homepage")


def brand_records(stamps: Stamps) -> list[Record]:
    """The brands."""
    return [
        {
            "id": number,
            **stamps.new(),
            "name": name,
            "description": f"<p>{name}: laatua pohjoisesta.</p>",
            "seo_title": name,
            "translations": translations(name, "description", *SEO),
            "visibilities": visibilities(),
        }
        for number, name in BRANDS.items()
    ]


def supplier_records(stamps: Stamps) -> list[Record]:
    """The suppliers."""
    return [
        {
            "id": number,
            **stamps.new(),
            "name": name,
            "phone": f"+358 000 100{number}",
            "email": f"tukku{number}@example.com",
            "url": f"https://tukku{number}.example.com" if number < 4 else None,
        }
        for number, name in SUPPLIERS.items()
    ]


def category_records(stamps: Stamps) -> list[Record]:
    """The category tree."""
    return [
        {
            "id": number,
            **stamps.new(),
            "parent_id": parent,
            "parent_sort": place,
            "name": name,
            "description": f"<p>{name}</p>" if place % 2 else None,
            "default_template": _TEMPLATES[number % 3],
            "template": f"category/{_TEMPLATES[number % 3]}",
            "external_id": 500 + number if number % 4 == 0 else None,
            "translations": translations(name, "name", "description"),
            "visibilities": visibilities(shown=name != _HIDDEN),
        }
        for place, (number, parent, name, _) in enumerate(CATEGORIES, start=1)
    ]


def image_records(products: list[Item], stamps: Stamps) -> list[Record]:
    """One image or two of each product."""
    return [
        {
            "id": image_id,
            **stamps.new(),
            "filename": image_file(image_id),
            "title": item.name if place == 0 else None,
        }
        for item in products
        for place, image_id in enumerate(image_ids(item))
    ]


def image_ids(item: Item) -> list[int]:
    """The images of a product; what is bought in a file's history has none."""
    if item.kind == PURCHASES:
        return []
    product_id = item.product_id or 0
    return [product_id * 10 + place for place in range(1, 2 + product_id % 2)]


def image_file(image_id: int) -> str:
    """An image's file name."""
    return f"tuotekuva-{image_id}.jpg"


def translations(text: str, *fields: str) -> list[Record]:
    """The same text in each of the shop's languages, marked in all but the first."""
    return [
        {"language": language, **dict.fromkeys(fields, text if version == 1 else f"{text} ({language})")}
        for version, language in LANGUAGES.items()
    ]


def visibilities(shown: bool = True) -> list[Record]:
    """Where a thing is seen; the second version never shows what the first one hides."""
    return [{"version_id": version_id, "is_visible": shown} for version_id in LANGUAGES]
