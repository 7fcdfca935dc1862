"""Gift cards as records: those sold, and a few given (reference/mycashflow-api.md 5.13)."""

from random import Random
from typing import Any

from pipelines.demo.catalogue import GIFT_CARDS
from pipelines.demo.helsinki import DAY, local_text
from pipelines.demo.order import Order
from pipelines.demo.stamps import Stamps
from pipelines.demo.wire import money

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_YEAR = 365 * DAY
_GIVEN = (1000, 2500, 1500)


class GiftCards:
    """Takes orders; a card is made when the order is delivered, and expires at 0:00 of a day a year later."""

    def __init__(self, start: int) -> None:
        self._made = [(start + place * DAY, cents, "Hyvitys") for place, cents in enumerate(_GIVEN)]

    def enter_order(self, order: Order) -> None:
        """Makes the cards the order sells."""
        for row in order.rows:
            if row.item.kind == GIFT_CARDS and row.delivered_at and row.quantity > 0:
                self._made.append((row.delivered_at, row.price, ""))

    def records(self, rng: Random, stamps: Stamps) -> list[dict[str, Any]]:
        """One record per card, oldest first; a card used has less on it than it was sold for."""
        cards = []
        for number, (moment, cents, notes) in enumerate(sorted(self._made), start=1):
            is_used = rng.random() < 0.6
            times = stamps.new(moment) if is_used else dict.fromkeys(_TIMES, local_text(moment))
            left = rng.choice((0, cents * 3 // 10, cents // 2)) if is_used else cents
            cards.append(
                {
                    "id": number,
                    **times,
                    "expires_at": local_text(moment + _YEAR)[:10],
                    "code": "".join(rng.choices(_LETTERS, k=16)),
                    "notes": notes or None,
                    "balance": money(left),
                }
            )
        return cards


_TIMES = ("created_at", "updated_at")
