"""What is in stock and every change of it, in the order of time (reference/mycashflow-api.md 5.3, 5.4).

A sale takes the goods when the order is placed, a cancellation or a return puts them back; before a
shelf would be empty it is filled up. `source_type` is not known of the API: here `order` or `user`.
"""

from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from pipelines.demo.books import Books
from pipelines.demo.catalogue import Item
from pipelines.demo.helsinki import local_text
from pipelines.demo.order import Order

_DELIVERY = 100
_SYSTEM, _SHOPKEEPER = 1, 2


class Stockroom:
    """Takes orders oldest first.

    Args:
        books: where changes are kept.
        items: what is counted.
        start: Unix seconds of the first delivery.
        rng: invents how much comes in.
    """

    def __init__(self, books: Books, items: list[Item], start: int, rng: Random) -> None:
        self._books = books
        self._rng = rng
        self._start = start
        self._numbers = count(1)
        self._ids = {item: 301 + 2 * place for place, item in enumerate(items)}
        self._levels = dict.fromkeys(items, 0)
        self._changed = dict.fromkeys(items, start)
        self._returning: list[tuple[int, int, int, Item, int]] = []
        self._tie = count()
        for item in items:
            self._change(start, item, rng.randint(20, _DELIVERY))

    def enter_order(self, order: Order) -> None:
        """Takes what the order sells, and what has come back by the time it is placed."""
        moment, order_id = order.created_at, order.id
        if self._returning:
            self._settle(moment)
        for row in order.rows:
            if row.item in self._levels:
                if row.quantity > 0:
                    self._sell(moment, row.item, row.quantity, order_id)
                else:
                    self._expect(row.created_at, order_id, row.item, -row.quantity)
        if order.status == "CANCELLED" and order.rows[-1].quantity > 0:
            for row in order.rows:
                if row.item in self._levels:
                    self._expect(order.updated_at, order_id, row.item, row.quantity)

    def close(self, end: int) -> dict[Item, dict[str, Any]]:
        """The stock records as of the end, by what they count, in the order of their ids."""
        self._settle(end)
        return {item: self._record(item) for item in self._ids}

    def _sell(self, moment: int, item: Item, quantity: int, order_id: int) -> None:
        if self._levels[item] < quantity:
            self._change(moment, item, _DELIVERY)
        self._change(moment, item, -quantity, order_id)

    def _expect(self, moment: int, order_id: int, item: Item, quantity: int) -> None:
        heappush(self._returning, (moment, next(self._tie), order_id, item, quantity))

    def _settle(self, moment: int) -> None:
        """Puts back all that has come by a moment."""
        while self._returning and self._returning[0][0] <= moment:
            came, _, order_id, item, quantity = heappop(self._returning)
            self._change(came, item, quantity, order_id)

    def _change(self, moment: int, item: Item, by: int, order_id: int | None = None) -> None:
        """One line of the log; without an order it is the shopkeeper's doing."""
        number, stock_id = next(self._numbers), self._ids[item]
        self._levels[item] = level = self._levels[item] + by
        self._changed[item] = moment
        source = f'{_SYSTEM},"source_type":"order","source_id":{order_id}'
        if order_id is None:
            source = f'{_SHOPKEEPER},"source_type":"user","source_id":null'
        text = (
            f'{{"id":{number},"changed_at":"{local_text(moment)}","user_id":{source},'
            f'"stock_item_id":{stock_id},"quantity":{level},"quantity_change":{by}}}'
        )
        self._books.keep_text("stock_changes", number, text, (moment, stock_id))

    def _record(self, item: Item) -> dict[str, Any]:
        number, level = self._ids[item], self._levels[item]
        reserved = self._rng.randint(0, min(level, 3))
        alerts = number % 4 == 1
        return {
            "id": number,
            "created_at": local_text(self._start),
            "updated_at": local_text(self._changed[item]),
            "barcode": f"64{item.variation_id or item.product_id or 0:010d}",
            "location": f"H{number % 7}-{number % 3}" if number % 5 else None,
            "enabled": True,
            "quantity": level,
            "reserved": reserved,
            "balance": level - reserved,
            "balance_alert": level - reserved <= 10 if alerts else None,
            "balance_limit": 10 if alerts else -1 if number % 4 == 3 and number % 3 else None,
            "backorder_enabled": number % 3 == 0,
            "backorder_estimate": "2-3 viikkoa" if number % 3 == 0 else None,
            "code": item.code,
            "product_id": item.product_id,
            "variation_id": item.variation_id,
        }
