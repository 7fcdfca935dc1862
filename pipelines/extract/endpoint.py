"""What a list of an API is: the vocabulary of the endpoint tables (`sources/*/resources.py`)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

# A kind ("bigint", "text", "bool", "timestamp", "date", "decimal", "json"), an object of fields, or a list
# of objects.
Field = str | Mapping[str, Any] | list[Mapping[str, Any]]
Fields = Mapping[str, Any]

# What a list of summaries says of a row, in a number: another one when the row is another.
DIGEST = "_digest"


@dataclass(frozen=True)
class Reread:
    """A second look at rows whose cursor may not have moved.

    Attributes:
        name: what the ledger calls it.
        field: the time by which rows are chosen, from the last such look (or `days` ago) to now.
        days: when set, so many days back; 0 is since the last look, -1 since ever.
        fixed: filters that are always the same.
        every: "run" or "day".
    """

    name: str
    field: str
    days: int = 0
    fixed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    every: Literal["run", "day"] = "run"


@dataclass(frozen=True)
class Child:
    """A nested list that becomes the table `name`.

    `path` leads from the parent row through objects and lists; `components` are set when the path ends in
    an object whose lists all have the same fields (a row then says which list it was in).
    """

    name: str
    path: tuple[str, ...]
    components: tuple[str, ...] = ()


@dataclass(frozen=True)
class Endpoint:
    """One list of the API and how it is read.

    Attributes:
        name: the table, and the name in settings.
        singular: one row's name; children carry `<singular>_id`.
        path: the list's path below the API version; `{id}` stands for a row of `within`, `|` is "or".
        fields: the fields we know and their kinds, nested as in the API.
        key: the field that tells rows apart, a whole number or a text.
        versions: API versions to try, in this order, until one does not answer 404.
        cursor: the field whose `-from` and `-to` filters make windows; None reads the whole list each time.
        page_size: rows asked for at a time.
        sort: what the API calls the order that pages are asked for in, when it has to be told.
        ascends: whether rows come in ascending order of their keys, when those are whole numbers.
        asks: parameters that every request brings.
        expands: nested lists to ask for by name.
        within: the list each of whose rows has a list of this kind; it is loaded as a child table of it.
        hashed: fields that are stored as a salted hash only, by their path joined by `__`, through lists too.
        sensitive: values that hold personal data, by their path joined by `__`, through lists too.
        person: the field that holds the number of the person a row is about.
        blind_to: changes that no cursor shows, in plain words.
        rereads: what is read again because of that.
        is_enabled: whether it is read when settings say nothing.
        seen: whether the path has been seen in the wild.
        is_optional: whether a store may well not have it.
        is_summary: whether the list says little of a row, so that each is asked for by itself.
        is_tracked: whether it is then asked for only when what the list says of it is new.
        is_partial: whether keys that `fields` does not list are of no interest.
        row: the row of `within` whose list this is, once it is known.
    """

    name: str
    singular: str
    path: str
    fields: Fields
    key: str = "id"
    versions: tuple[str, ...] = ("v1",)
    cursor: str | None = None
    page_size: int = 100
    sort: str = ""
    ascends: bool = True
    asks: Mapping[str, str] = dataclasses.field(default_factory=dict)
    expands: tuple[str, ...] = ()
    within: str | None = None
    hashed: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    person: str | None = None
    blind_to: tuple[str, ...] = ()
    rereads: tuple[Reread, ...] = ()
    is_enabled: bool = True
    seen: bool = True
    is_optional: bool = False
    is_summary: bool = False
    is_tracked: bool = False
    is_partial: bool = False
    row: str = ""

    def __post_init__(self) -> None:
        if self.fields.get(self.key) not in ("bigint", "text"):
            raise ValueError(f"{self.name}: {self.key} must be a whole number or a text")
        if self.cursor and (self.fields.get(self.cursor) != "timestamp" or not self.is_ordered):
            raise ValueError(
                f"{self.name}: a cursor needs ascending whole-number keys and must be a timestamp"
            )

    @property
    def is_ordered(self) -> bool:
        """Whether rows come in ascending order of whole numbers."""
        return self.ascends and self.fields[self.key] == "bigint"

    @property
    def parent_key(self) -> str:
        """The column by which children name this endpoint's row."""
        return f"{self.singular}_id"

    @property
    def emails(self) -> tuple[str, ...]:
        """The addresses by which the person is found whose the whole row is."""
        nested = [f"{'__'.join(child.path)}__" for child in self.children]
        return tuple(
            name
            for name in self.sensitive
            if name.split("__")[-1] == "email" and not name.startswith(tuple(nested))
        )

    @property
    def inner_people(self) -> Mapping[Child, tuple[str, ...]]:
        """Nested lists whose items are of people of their own, by `email`, and what is personal there."""
        found = {}
        for child in self.children:
            begin = f"{'__'.join(child.path)}__"
            names = tuple(name.removeprefix(begin) for name in self.sensitive if name.startswith(begin))
            if "email" in names:
                found[child] = names
        return found

    @property
    def children(self) -> tuple[Child, ...]:
        """Every nested list as a child table, at any depth."""
        return tuple(_children(self.name, (), self.fields))

    @property
    def as_children(self) -> tuple[Child, ...]:
        """A list that is `within` another as the child tables it makes there."""
        return (Child(self.name, (self.name,)), *_children(self.name, (self.name,), self.fields))

    def of_row(self, key: object) -> Endpoint:
        """The list of one row of `within`."""
        return dataclasses.replace(self, row=str(key))

    @property
    def ids_only(self) -> Endpoint:
        """The same list, nothing but its keys read."""
        return self._with_only({self.key: self.fields[self.key]})

    @property
    def listed(self) -> Endpoint:
        """What the list itself says of its rows: everything, or keys and digests."""
        if not self.is_summary:
            return self
        names = (self.key, *filter(None, [self.cursor]))
        return self._with_only({**{name: self.fields[name] for name in names}, DIGEST: "bigint"})

    def _with_only(self, fields: Fields) -> Endpoint:
        return dataclasses.replace(
            self, fields=fields, cursor=None, expands=(), rereads=(), is_partial=True, is_summary=False
        )


def _children(table: str, path: tuple[str, ...], fields: Fields) -> Iterator[Child]:
    for name, kind in fields.items():
        here, child = (*path, name), f"{table}__{name}"
        if isinstance(kind, list):
            yield Child(child, here)
            yield from _children(child, here, kind[0])
        elif isinstance(kind, Mapping) and all(isinstance(inner, list) for inner in kind.values()):
            yield Child(child, here, components=tuple(kind))
        elif isinstance(kind, Mapping):
            yield from _children(child, here, kind)
