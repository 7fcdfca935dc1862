"""The stories that the suite over every list looks at; each is told once, and only when it is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.lists import LISTS, OWN, UNKNOWN_KEY, change, delete, insert, mark, telltale
from tests.sources.manners import Manners, all_manners
from tests.sources.story import Story, Told, tell


def tell_life(home: Path) -> Told:
    """Loaded, asked again, loaded in full, changed, swept."""
    with tell(home) as story:
        insert(story.shop, "customer_shipping_addresses", {})
        story.sync("first")
        story.sync("again")
        story.sync("full", full=True)
        _change_every_list(story)
        story.sync("changed")
        story.sweep("swept")
        return story.told


def tell_opening(home: Path) -> Told:
    """A shop with nothing in it at first, then with one record in every list that has an address.

    In the end there is a gift card of a shape nobody knows.
    """
    with tell(home) as story:
        for name in LISTS:
            _clear(story, name)
        story.sync("empty")
        for name in OWN:
            insert(story.shop, name, {})
        story.sync("opened")
        insert(story.shop, "gift_cards", {"balance": {"euros": 5}})
        story.sync("odd", "gift_cards")
        return story.told


def tell_illness(home: Path) -> Told:
    """One record of every list that the store cannot answer, then one that arrives cut in half."""
    with tell(home, attempts=1) as story:
        for name in OWN:
            _trouble(story, "sick", name)
        story.sync("sick", *OWN)
        story.server.sick.clear()
        story.sync("sick_no_more", *OWN)
        for name in OWN:
            number = _trouble(story, "garbled", name)
            change(story.shop, name, number, telltale(name)[1])
        story.sync("garbled", *OWN)
        story.server.garbled.clear()
        story.sync("garbled_no_more", *OWN)
        return story.told


def tell_refusal(home: Path) -> Told:
    """Every other list refused, then the others, with both statuses; in the end all are there."""
    with tell(home, page_size=50) as story:
        for status, first in ((404, 0), (403, 1), (403, 0), (404, 1)):
            for parent in ("categories", "customers"):
                story.shop.update(parent, story.shop.ids(parent)[0], {})
            story.server.refused.clear()
            story.server.refused.update(dict.fromkeys(LISTS[first::2], status))
            name = f"{status} {first}"
            story.check(name)
            story.sync(name)
        story.server.refused.clear()
        story.sync("open")
        return story.told


@pytest.fixture(scope="session")
def life(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return tell_life(tmp_path_factory.mktemp("life"))


@pytest.fixture(scope="session")
def opening(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return tell_opening(tmp_path_factory.mktemp("opening"))


@pytest.fixture(scope="session")
def illness(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return tell_illness(tmp_path_factory.mktemp("illness"))


@pytest.fixture(scope="session")
def refusal(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return tell_refusal(tmp_path_factory.mktemp("refusal"))


@pytest.fixture(scope="session")
def manners(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Manners]:
    return all_manners(tmp_path_factory.mktemp("manners"))


def _change_every_list(story: Story) -> None:
    """In every list one record new, one other than before, one gone."""
    shop = story.shop
    for name in LISTS:
        story.note("changed", name, shop.ids(name)[0])
        inner = shop.ids("subcategories") if name == "categories" else ()
        story.note("gone", name, [number for number in shop.ids(name) if number not in inner][-1])
    for name in LISTS:
        story.note("new", name, insert(shop, name, {UNKNOWN_KEY: mark(name)}))
        change(shop, name, story.told.numbers["changed"][name], telltale(name)[1])
    for name in reversed(LISTS):
        delete(shop, name, story.told.numbers["gone"][name])


def _trouble(story: Story, trouble: str, name: str) -> int:
    """A record in the middle of the list."""
    numbers = story.shop.ids(name)
    number = story.note(trouble, name, numbers[len(numbers) // 2])
    getattr(story.server, trouble)[name].add(number)
    return number


def _clear(story: Story, name: str) -> None:
    if name != "subcategories":
        for number in story.shop.ids(name):
            story.shop.delete(name, number)
