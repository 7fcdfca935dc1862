"""Every list can be written to while it is served."""

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

import pytest

from pipelines.demo.resources import RESOURCES
from pipelines.demo.shop import Shop
from tests.histories import COMMON, CURSORS, Editor, Write

WRITABLE = [name for name, resource in RESOURCES.items() if not resource.of]
MOMENT = "2026-03-20T12:00:00+02:00"


def served(client: Any, name: str, **params: Any) -> list[dict[str, Any]]:
    """The list as served; of customers' addresses those of customer 1001."""
    path = RESOURCES[name].path.replace("{id}", "1001")
    records: list[dict[str, Any]] = client.get(f"/{path}", {"page_size": 9999, **params}).json["data"]
    return records


@pytest.mark.parametrize("name", WRITABLE)
def test_a_record_comes_changes_and_goes(
    own_shop: Shop, ask: Callable[..., Any], end: int, name: str
) -> None:
    client, before = ask(own_shop), own_shop.ids(name)
    link = {"customer_id": 1001} if name == "customer_shipping_addresses" else {}
    there = len(served(client, name))
    number = own_shop.insert(name, link, at=end)
    assert own_shop.ids(name) == [*before, number]
    new = served(client, name)[-1]
    assert len(served(client, name)) == there + 1
    assert set(new) == set(RESOURCES[name].fields)
    stamps = {"created_at", "updated_at", "changed_at"} & set(new)
    assert {new[stamp] for stamp in stamps} == {MOMENT}
    own_shop.update(name, number, {"name": "Uusi", "unknown": [1]}, at=end + 60)
    changed = served(client, name)[-1]
    moved = {"updated_at": "2026-03-20T12:01:00+02:00"} if "updated_at" in new else {}
    assert changed == new | moved | {"name": "Uusi", "unknown": [1]}
    own_shop.update(name, number, {"name": None}, at=end + 90, bump=False)
    assert served(client, name)[-1] == changed | {"name": None}
    own_shop.delete(name, number)
    assert own_shop.ids(name) == before
    assert len(served(client, name)) == there
    with pytest.raises(KeyError):
        own_shop.get(name, number)


def test_a_stock_change_has_no_updated_at(own_shop: Shop, end: int) -> None:
    first = own_shop.ids("stock_changes")[0]
    before = own_shop.get("stock_changes", first)
    own_shop.update("stock_changes", first, {"quantity": 1}, at=end)
    assert own_shop.get("stock_changes", first) == before | {"quantity": 1}


def test_a_stock_change_may_be_entered_late(own_shop: Shop, ask: Callable[..., Any], end: int) -> None:
    client = ask(own_shop)
    late = {"changed_at": "2026-01-01T00:00:00+02:00", "stock_item_id": 301, "quantity_change": 1}
    number = own_shop.insert("stock_changes", late, at=end)
    assert number in [change["id"] for change in served(client, "stock_changes", stock_item_id=301)]
    window = {"changed_at-from": "2026-01-01", "changed_at-to": "2026-01-01"}
    assert number in [change["id"] for change in served(client, "stock_changes", **window)]


def test_a_gift_card_goes_by_an_id_that_is_never_told(own_shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(own_shop)
    ids = own_shop.ids("gift_cards")
    number = own_shop.insert("gift_cards", {"id": ids[-1] + 5, "code": "ABC", "balance": 12.5})
    assert own_shop.get("gift_cards", number)["code"] == "ABC"
    assert all("id" not in card for card in served(client, "gift_cards"))
    own_shop.delete("gift_cards", ids[0])
    own_shop.update("gift_cards", ids[1], {"id": ids[1], "balance": 0})
    assert all("id" not in card for card in served(client, "gift_cards"))
    cards = served(client, "gift_cards", sort="id-desc")
    assert (cards[0]["code"], cards[-1]["balance"]) == ("ABC", 0)


def test_an_address_moves_with_its_customer(own_shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(own_shop)
    number = own_shop.ids("customer_shipping_addresses")[0]
    old = own_shop.get("customer_shipping_addresses", number)["customer_id"]
    new = own_shop.insert("customers", {})
    assert client.get(f"/customers/{new}/shipping-addresses").json == {"data": []}
    own_shop.update("customer_shipping_addresses", number, {"customer_id": new})
    assert client.get(f"/customers/{new}/shipping-addresses").ids == [number]
    assert number not in client.get(f"/customers/{old}/shipping-addresses").ids
    own_shop.delete("customers", new)
    assert client.get(f"/customers/{new}/shipping-addresses").status == 404


def test_subcategories_are_written_as_categories(own_shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(own_shop)
    for write in (
        lambda: own_shop.insert("subcategories", {"parent_id": 6}),
        lambda: own_shop.update("subcategories", 2, {"name": "x"}),
        lambda: own_shop.delete("subcategories", 2),
    ):
        with pytest.raises(ValueError, match="subcategories shows categories: write there"):
            write()
    assert client.get("/categories/6/subcategories").ids == []
    number = own_shop.insert("categories", {"parent_id": 6, "name": "Laavut"})
    assert client.get("/categories/6/subcategories").ids == [number]
    assert number in own_shop.ids("subcategories")
    assert own_shop.get("subcategories", number)["name"] == "Laavut"
    own_shop.update("categories", number, {"parent_id": 0})
    assert number not in own_shop.ids("subcategories")


def test_a_products_stock_item_is_cut_out_whatever_it_says(own_shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(own_shop)
    number = own_shop.ids("products")[0]
    texts = ['"}', ',"stock_item":{', "]}\\", '{"a":1}']
    variations = [{"id": place, "stock_item": {"code": text}} for place, text in enumerate(texts)]
    variations += [{"id": 8, "name": ',"stock_item":[]', "stock_item": []}, {"id": 9, "stock_item": None}]
    own_shop.update("products", number, {"variations": variations})
    bare = served(client, "products", expand="variations,stock_item")[0]
    plain = [{key: row[key] for key in row if key != "stock_item"} for row in variations]
    assert bare["variations"] == plain
    assert "stock_item" in bare
    assert served(client, "products", expand="variations.stock_item")[0]["variations"] == variations


def test_an_unknown_list_is_an_error(own_shop: Shop) -> None:
    with pytest.raises(KeyError):
        own_shop.ids("coupons")


@pytest.mark.parametrize("name", CURSORS)
def test_what_comes_or_changes_has_a_new_stamp(
    own_shop: Shop, ask: Callable[..., Any], end: int, name: str
) -> None:
    """Else a history could lose rows of a list that is read by its stamps without anybody's fault."""
    client, rng, editor = ask(own_shop), Random(name), Editor(own_shop)
    before = served(client, name)
    for moment in range(end + 60, end + 60 * 40, 60):
        own_shop.clock = lambda now=moment: now
        editor.do(Write(rng.choice(COMMON), name, rng.randint(0, 999), rng.randint(0, 999)))
        after = served(client, name)
        stamps = {record[CURSORS[name]] for record in after if record not in before}
        assert {datetime.fromisoformat(stamp).timestamp() for stamp in stamps} <= {moment}
        before = after
