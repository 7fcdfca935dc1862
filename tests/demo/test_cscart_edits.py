"""No edit lets an order of CS-Cart come or change with a stamp of long ago: the API has no such thing."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from pipelines.demo.shop import Shop
from tests.histories import COMMON, NESTED, Editor, Write
from tests.stage import first_fast

Record = dict[str, Any]

EDITS = 60
# What the view tells of other records too, without a new stamp (reference 3.5).
UNSTAMPED = {"user_id", "profile_id"}


def in_full(cart: Any) -> dict[int, Record]:
    """All orders by id, the unfinished too, as lists show them."""
    rows = cart.rows("orders", get_orders_data=1, include_incompleted="Y")
    return {int(row["order_id"]): row for row in rows}


@pytest.fixture
def own_cart(own_shop: Shop, ask: Callable[..., Any], cart: Any) -> Any:
    cart.client = ask(own_shop)
    return cart


@pytest.mark.parametrize("seed", first_fast(range(6)))
def test_what_comes_or_changes_has_a_new_stamp(own_shop: Shop, own_cart: Any, end: int, seed: int) -> None:
    rng, editor, moment = Random(seed), Editor(own_shop), end
    before = in_full(own_cart)
    assert {row["status"] for row in before.values()} > {"N"}
    for _ in range(EDITS):
        moment += 60
        own_shop.clock = lambda now=moment: now
        kind = rng.choice([*COMMON, *NESTED, "delete", "restore"])
        editor.do(Write(kind, "orders", rng.randint(0, 999), rng.randint(0, 999)))
        after = in_full(own_cart)
        new = after.keys() - before.keys()
        changed = {number for number in after.keys() & before.keys() if differ(after[number], before[number])}
        hidden = editor.hidden | editor.shipped if kind in ("hidden", "ship", "archive") else set()
        stamps = {after[number]["updated_at"] for number in new | changed - hidden}
        assert stamps <= {str(moment)}, (kind, sorted(new), sorted(changed))
        before = after


def differ(one: Record, other: Record) -> bool:
    return any(one[name] != other.get(name) for name in one.keys() - UNSTAMPED)


def test_a_checkout_is_a_record_of_its_own(own_shop: Shop, own_cart: Any, end: int) -> None:
    before = in_full(own_cart)
    checkouts = {number: row for number, row in before.items() if row["status"] == "N"}
    following = min(number for number in own_shop.ids("orders") if number > max(checkouts))
    order = own_shop.get("orders", following)
    own_shop.update("orders", following, {"total": 1.0, "products": []}, at=end)
    own_shop.delete("orders", following)
    assert in_full(own_cart) == {number: row for number, row in before.items() if number != following}
    assert own_cart.get(f"orders/{max(checkouts)}").json == checkouts[max(checkouts)]
    own_shop.insert("orders", {name: value for name, value in order.items() if name != "updated_at"}, at=end)
    assert {number: row for number, row in in_full(own_cart).items() if row["status"] == "N"} == checkouts


def test_a_sale_stays_one_whatever_becomes_of_its_rows(own_shop: Shop, own_cart: Any) -> None:
    before = in_full(own_cart)
    number = next(number for number in own_shop.ids("orders") if own_shop.get("orders", number)["total"])
    rows = own_shop.get("orders", number)["products"]
    back = [{**row, "quantity": -1} for row in rows[:1]]
    own_shop.update("orders", number, {"products": back}, bump=False)
    assert in_full(own_cart).keys() == before.keys()
    own_shop.update("orders", number, {"products": rows}, bump=False)
    assert in_full(own_cart) == before
