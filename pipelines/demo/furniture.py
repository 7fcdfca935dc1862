"""All of a shop but its orders and people: put together here, one list after another."""

from random import Random

from pipelines.demo.books import Books
from pipelines.demo.catalogue import Catalogue
from pipelines.demo.gift_cards import GiftCards
from pipelines.demo.goods import brand_records, category_records, image_records, supplier_records
from pipelines.demo.order import Order
from pipelines.demo.products import Products, firsts, items_of, with_discontinued
from pipelines.demo.stamps import Stamps
from pipelines.demo.stockroom import Stockroom
from pipelines.demo.storefront import (
    banner_group_records,
    banner_records,
    campaign_records,
    group_records,
    payment_records,
    shipping_records,
    version_records,
)


class Furniture:
    """Takes orders oldest first; keeps the lists when all orders and accounts are in the books."""

    def __init__(self, books: Books, catalogue: Catalogue, seed: int, start: int, end: int) -> None:
        self._books = books
        self._items = items_of(catalogue)
        self._rng = Random(f"{seed} furniture")
        self._start = start
        self._end = end
        stocked = [item for item in self._items if item.is_stocked]
        self._stockroom = Stockroom(books, stocked, start, Random(f"{seed} stock"))
        self._gift_cards = GiftCards(start)

    def enter_order(self, order: Order) -> None:
        """Notes what an order takes from stock and which gift cards it sells."""
        self._stockroom.enter_order(order)
        self._gift_cards.enter_order(order)

    def keep(self) -> None:
        """Keeps every list."""
        keep, start, end = self._books.keep, self._start, self._end
        stamps = Stamps(self._rng, start, end)
        items = with_discontinued(self._items)
        stock = self._stockroom.close(end)
        brands = brand_records(stamps)
        keep_fittings(self._books, stamps)
        keep("brands", brands)
        keep("suppliers", supplier_records(stamps))
        keep("categories", category_records(stamps))
        keep("images", image_records(firsts(items), stamps))
        keep("stock_items", stock.values())
        keep("products", Products(stamps, stock, brands, end).records(items))
        keep("campaigns", campaign_records(stamps, self._items, start, end))
        keep("gift_cards", self._gift_cards.records(self._rng, stamps))
        keep("banner_groups", banner_group_records(stamps))
        keep("banners", banner_records(stamps))


def keep_fittings(books: Books, stamps: Stamps) -> None:
    """Keeps what every order and account points at: versions, methods, groups."""
    books.keep("versions", version_records(stamps))
    books.keep("shipping_methods", shipping_records(stamps))
    books.keep("payment_methods", payment_records(stamps))
    books.keep("customer_groups", group_records(stamps, books.members))
