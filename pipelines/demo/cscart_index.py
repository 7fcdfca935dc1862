"""What the CS-Cart view remembers of the shop's records, kept up to date with the shop's edits.

A record is read once and what filters, sorts and list rows need is remembered. An edit is read
again at the next question, a deletion forgotten.
"""

from collections.abc import Callable, Hashable
from threading import RLock
from typing import Any, Generic, TypeVar

from pipelines.demo.shop import Shop

Facts = TypeVar("Facts")

_CACHED_ANSWERS = 64


class Index(Generic[Facts]):
    """The facts of one list's records by their ids.

    Args:
        name: the list, as the shop calls it.
        digest: what is remembered of a record.
    """

    def __init__(self, shop: Shop, name: str, digest: Callable[[dict[str, Any]], Facts]) -> None:
        self._shop = shop
        self._name = name
        self._digest = digest
        self._facts: dict[int, Facts] = {}
        self._edits = -1
        self._lock = RLock()

    def facts(self) -> tuple[int, dict[int, Facts]]:
        """How often the list was edited, and its facts as they are now; not to be written to."""
        with self._lock:
            edits, edited = self._shop.edits(self._name, max(self._edits, 0))
            if self._edits < 0:
                edited = self._shop.ids(self._name)
            if edited:
                self._facts = self._with(self._facts, edited)
            self._edits = edits
            return edits, self._facts

    def _with(self, old: dict[int, Facts], ids: list[int]) -> dict[int, Facts]:
        facts = dict(old)
        for record_id in ids:
            try:
                record = self._shop.get(self._name, record_id)
            except KeyError:
                facts.pop(record_id, None)
            else:
                facts[record_id] = self._digest(record)
        return facts


class Memory:
    """Answers to questions about a state of the shop; the next state forgets them."""

    def __init__(self) -> None:
        self._state: Hashable = None
        self._answers: dict[Hashable, Any] = {}
        self._lock = RLock()

    def recall(self, state: Hashable, question: Hashable, answer: Callable[[], Any]) -> Any:
        """The answer, worked out once per state."""
        with self._lock:
            if state != self._state or len(self._answers) >= _CACHED_ANSWERS:
                self._state, self._answers = state, {}
            if question not in self._answers:
                self._answers[question] = answer()
            return self._answers[question]
