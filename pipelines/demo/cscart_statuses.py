"""Order statuses: CS-Cart's own, and which of them an order of the shop is in.

Facts: reference/cscart-and-apifon.md 3.4 (letters, names, what they do). Ours, chosen: an order that
was delivered is Complete; one that waits and is paid is Paid; one that waits unpaid is Open, every
fourth of them Backordered and every sixth awaits a call (only in 4.10, whose add-on that is; Open
elsewhere). A cancelled one is Canceled, or Failed or Declined where a card or bank payment can
have failed. N and T are checkouts the shop itself knows nothing of (`cscart_orders`).
"""

from operator import itemgetter
from typing import Any

from pipelines.demo.catalogue import BANK, CARD
from pipelines.demo.cscart_asking import Ask, Dialect

PAID = "PC"
"""Statuses whose orders are paid, in every release."""
PLACED = "PCOBY"
"""Statuses whose orders stand: neither cancelled nor unfinished."""
INCOMPLETE, PARENT = "N", "T"

_STATUSES = (
    (1, "P", "Paid", "D", "#97cf4d"),
    (2, "C", "Complete", "D", "#97cf4d"),
    (3, "O", "Open", "D", "#ff9522"),
    (4, "F", "Failed", "I", "#ff5215"),
    (5, "D", "Declined", "I", "#ff5215"),
    (6, "B", "Backordered", "I", "#28abf6"),
    (7, "I", "Canceled", "I", "#c2c2c2"),
    (8, "Y", "Awaiting call", "", "#cc4125"),
    (9, "N", "Incomplete", "", "#dddddd"),
)
"""Id, letter, name, what happens to stock, colour."""


def letter_of(order_id: int, status: str, is_waiting: bool, method_id: int | None) -> str:
    """The status an order is in.

    Args:
        order_id: its id.
        status: the shop's own word.
        is_waiting: some payment has not come.
        method_id: how it was to be paid.
    """
    if status == "COMPLETED":
        return "C"
    if status == "OPEN":
        if not is_waiting:
            return "P"
        return "B" if order_id % 4 == 0 else "Y" if order_id % 6 == 1 else "O"
    can_fail = method_id in (CARD, BANK)
    return {0: "F", 1: "D"}.get(order_id % 5, "I") if can_fail else "I"


def is_parent(order_id: int) -> bool:
    """Whether an id the shop jumped over, the last before an order, is that order's parent."""
    return order_id % 4 == 0


def spoken(letter: str, dialect: Dialect) -> str:
    """The letter as that release has it."""
    return "O" if letter == "Y" and dialect.tells_payment_received else letter


def status_rows(ask: Ask) -> list[dict[str, Any]]:
    """`GET /statuses`: all of orders, by letter; the names are the factory's in every language."""
    dialect = ask.dialect
    return [
        {
            "status_id": str(number),
            "status": letter,
            "type": "O",
            "is_default": "Y",
            "description": _name(name, dialect),
            "email_subj": f"tilauksesi tila on nyt {_name(name, dialect)}",
            "email_header": "Tilauksesi tila on muuttunut.",
            "lang_code": ask.params.text("lang_code") or "fi",
            "params": _params(letter, inventory, colour, dialect) if letter != INCOMPLETE else [],
        }
        for number, letter, name, inventory, colour in sorted(_STATUSES, key=itemgetter(1))
        if letter == spoken(letter, dialect)
    ]


def _name(name: str, dialect: Dialect) -> str:
    return "Processed" if name == "Paid" and not dialect.tells_payment_received else name


def _params(letter: str, inventory: str, colour: str, dialect: Dialect) -> dict[str, str]:
    params = {
        "allow_return": "Y" if letter == "C" else "N",
        "repay": "Y" if letter in "FD" else "N",
        "notify": "Y",
        "gift_cert_status": "A" if letter in PAID else "C",
        "inventory": inventory,
        "color": colour,
        "remove_cc_info": "Y",
    }
    if letter in PAID and dialect.tells_payment_received:
        params["payment_received"] = "Y"
    return params
