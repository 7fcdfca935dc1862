"""Values that nobody may read: made into hashes, or into nothing, before anything is written.

Which, is said by two: settings name columns (`columns = {email = "hash"}`), and `ops.erasures` holds the
salted hashes of people who are to stay forgotten. A column's name is its path in the API's objects, lists
included, joined by `__`: `customer_information__email`, `comments__text`.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import SettingsError
from pipelines.extract.endpoint import Endpoint, Field, Fields
from pipelines.settings import Store
from pipelines.texts import bare

Seal = Callable[[str], str]
Path = tuple[str, ...]
# What is left of a column, given for which of its values something is to be done.
Change = Callable[[pa.Array, pa.Array], pa.Array]

HIDEABLE = ("text", "json")
# All that was taken out of an address before it was hashed, until `bare` knew every sign that shows nothing.
FORMER_WHITE_SPACE = str.maketrans("", "", " \t\n\r\f\v\u00a0")

# An at sign as it may stand in a free text, and what looks like an address around one.
AT_SIGNS = ("@", "%40", "u0040", "&#64;", "&#x40;", "&commat;")
_NO_ADDRESS = r"\s\"'<>()\[\]{},;:=\\/|&?"
_ADDRESS = re.compile(rf"[^{_NO_ADDRESS}@]+\s*@\s*[^{_NO_ADDRESS}@]+")


def sealer(salt: str) -> Seal:
    """A function from a value to its salted hash (HMAC-SHA256, 64 hex digits), always the same."""

    def seal(value: str) -> str:
        return hmac.new(salt.encode(), value.encode(), "sha256").hexdigest()

    return seal


def spellings(email: str) -> set[str]:
    """Spellings of an address that may have been hashed when its owner was forgotten: today's and the former.

    Of an ordinary address both are one.
    """
    return {bare(email), email.translate(FORMER_WHITE_SPACE).lower()}


def mentioned(text: str) -> set[str]:
    """The addresses in a free text, as they are compared, however their at sign is written."""
    forms = {text, unquote(text), unescape(text), re.sub(r"\\u0040", "@", text)}
    return {bare(each).strip(".") for form in forms for each in _ADDRESS.findall(form)}


def account(store: str, number: object) -> str:
    """What is hashed of a person that a store knows by a number."""
    return f"{store}|{number}"


def leaves(fields: Fields, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every value of an object with its kind, those inside objects and lists included."""
    for name, kind in fields.items():
        inner = _inner(kind)
        if inner is None:
            yield (*path, name), str(kind)
        else:
            yield from leaves(inner, (*path, name))


@dataclass(frozen=True)
class Veil:
    """What of a list's rows is not stored.

    Attributes:
        endpoint: the list.
        store: the store's name.
        seal: makes the hash of a value.
        columns: "hash" or "drop", by name.
        erased: hashes of addresses, and of accounts, whose rows lose all that is personal.
    """

    endpoint: Endpoint
    store: str
    seal: Seal
    columns: Mapping[str, str] = field(default_factory=dict)
    erased: frozenset[str] = frozenset()

    def over(self, rows: pa.Table) -> pa.Table:
        """A page, its lists still nested, without what nobody may read."""
        everywhere = pa.repeat(True, len(rows))
        if self.erased and len(rows):
            rows = self._without_others(rows)
        for name, way in self.columns.items():
            rows = _changed(rows, _path(name), everywhere, self._hashed if way == "hash" else _nothing)
        return self._without_erased(rows) if self.erased and len(rows) else rows

    def over_json(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same of one object of any shape; what is not as it should be, on the way there, goes too."""
        is_erased = self.is_erased(row)
        if self.erased:
            row = self._without_others_json(row)
        for name, way in self.columns.items():
            row = _changed_json(row, _path(name), self._hashed_json if way == "hash" else _no_json)
        if is_erased:
            row = {name: value for name, value in row.items() if name in self.endpoint.fields}
            for name in self.endpoint.sensitive:
                row = _changed_json(row, _path(name), _no_json)
        return row

    def is_erased(self, row: Mapping[str, Any]) -> bool:
        """Whether an object is of somebody who is to stay forgotten."""
        found = {name for path in self._emails for value in _values(row, path) for name in spellings(value)}
        if self.endpoint.person and row.get(self.endpoint.person) is not None:
            found.add(account(self.store, row[self.endpoint.person]))
        return self._is_any_erased(found) if self.erased else False

    def _is_any_erased(self, names: Iterable[str]) -> bool:
        return any(self.seal(name) in self.erased for name in names)

    @property
    def _emails(self) -> list[Path]:
        return [_path(name) for name in self.endpoint.emails]

    def _without_others(self, rows: pa.Table) -> pa.Table:
        """Rows without erased people who only stand inside them: in items of their own, or in free texts."""
        everywhere = pa.repeat(True, len(rows))
        for child, names in self.endpoint.inner_people.items():
            rows = _changed(rows, child.path, everywhere, self._without_people(names))
        for path in free_texts(self.endpoint, _paths(rows.schema)):
            if _has_at_sign(rows, path):
                rows = _changed(rows, path, everywhere, self._without_mentions)
        return rows

    def _without_people(self, names: Sequence[str]) -> Change:
        """A change of the items of a list: what is personal in those of erased people goes."""

        def change(items: pa.Array, mask: pa.Array) -> pa.Array:
            is_erased = self._is_known(pa.chunked_array([items.field("email")]), spellings)
            for name in names:
                items = _changed_column(items, _path(name), is_erased, _nothing)
            return items

        return change

    def _without_mentions(self, column: pa.Array, mask: pa.Array) -> pa.Array:
        values = [value for value in pc.unique(column).to_pylist() if value and self._mentions(value)]
        return _nothing(column, pc.is_in(column, value_set=pa.array(values, column.type)))

    def _mentions(self, text: str) -> bool:
        """True when a free text has the address of somebody who is to stay forgotten."""
        return any(self.seal(each) in self.erased for each in mentioned(text))

    def _without_others_json(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do as `_without_others` to one object of any shape."""
        for child, names in self.endpoint.inner_people.items():
            row = _changed_json(row, child.path, partial(self._without_person, names))
        emails = {path[-1] for path in map(_path, self.endpoint.emails)}
        left: Mapping[str, Any] = self._without_mentions_json(row, emails)
        return left

    def _without_person(self, names: Sequence[str], item: Any) -> Any:
        email = item.get("email") if isinstance(item, Mapping) else None
        if email is None or (isinstance(email, str) and not self._is_any_erased(spellings(email))):
            return item
        return {name: value for name, value in item.items() if name not in names}

    def _without_mentions_json(self, value: Any, emails: Collection[str]) -> Any:
        if isinstance(value, Mapping):
            return {
                name: inner if name in emails else self._without_mentions_json(inner, emails)
                for name, inner in value.items()
                if not self._mentions(str(name))
            }
        if isinstance(value, list):
            return [self._without_mentions_json(each, emails) for each in value]
        return None if isinstance(value, str) and self._mentions(value) else value

    def _without_erased(self, rows: pa.Table) -> pa.Table:
        mask = self._of_erased(rows)
        if not pc.any(mask).as_py():
            return rows
        declared = [path for path, _ in leaves(self.endpoint.fields)]
        unknown = [path for path in _paths(rows.schema) if path not in declared]
        for path in [*map(_path, self.endpoint.sensitive), *unknown]:
            rows = _changed(rows, path, mask, _nothing)
        return rows

    def _of_erased(self, rows: pa.Table) -> pa.Array:
        """For each row whether it is of somebody who is to stay forgotten."""
        mask = pa.repeat(False, len(rows))
        for path in self._emails:
            mask = pc.or_(mask, self._is_known(_column(rows, path), spellings))
        person = self.endpoint.person
        if person in rows.column_names:
            mask = pc.or_(mask, self._is_known(rows[person], lambda number: {account(self.store, number)}))
        return mask

    def _is_known(self, column: pa.ChunkedArray, names: Callable[[Any], Iterable[str]]) -> pa.Array:
        values = [value for value in pc.unique(column).to_pylist() if value is not None]
        known = [value for value in values if self._is_any_erased(names(value))]
        is_known = pc.is_in(column, value_set=pa.array(known, column.type))
        return is_known.combine_chunks() if isinstance(is_known, pa.ChunkedArray) else is_known

    def _hashed(self, column: pa.Array, mask: pa.Array) -> pa.Array:
        return pa.array([value and self.seal(bare(value)) for value in column.to_pylist()], pa.string())

    def _hashed_json(self, value: Any) -> Any:
        return self.seal(bare(value)) if isinstance(value, str) and value else None


def veil_of(store: Store, endpoint: Endpoint) -> Veil:
    """What settings and erasures say of a list of a store."""
    return Veil(endpoint, store.name, sealer(store.salt), store.resource(endpoint.name).columns, store.erased)


def check_columns(store: Store, endpoints: Sequence[Endpoint]) -> None:
    """Nothing, when settings hide only what can be hidden.

    Raises:
        SettingsError: a name is of no column, or of one that is needed or is no text; all are named.
    """
    wrong = [
        f"stores.{store.name}.resources.{endpoint.name}.columns: {problem}"
        for endpoint in endpoints
        for problem in _problems(endpoint, store.resource(endpoint.name).columns)
    ]
    if wrong:
        raise SettingsError("settings in .dlt/: " + "; ".join(wrong))


def _problems(endpoint: Endpoint, columns: Mapping[str, str]) -> Iterator[str]:
    kinds = {"__".join(path): kind for path, kind in leaves(endpoint.fields)}
    for name, way in columns.items():
        if way not in ("hash", "drop"):
            yield f"{name} is {way!r}, expected 'hash' or 'drop'"
        elif name not in kinds:
            near = _near(name, list(kinds))
            yield f"there is no {name}" + (f"; did you mean {' or '.join(near)}?" if near else "")
        elif kinds[name] not in HIDEABLE or name == endpoint.key:
            yield f"{name} is {'the key' if name == endpoint.key else 'no text'} and cannot be hidden"


def _near(name: str, names: Sequence[str]) -> list[str]:
    """A few names like one, or that end in one like it."""
    last = name.split("__")[-1]
    alike = set(get_close_matches(last, {each.split("__")[-1] for each in names}, 2, 0.7))
    ends = [each for each in names if each.split("__")[-1] in alike]
    return list(dict.fromkeys([*get_close_matches(name, names, 1, 0.8), *ends]))[:3]


def hashed(rows: pa.Table, names: Sequence[str], seal: Seal) -> pa.Table:
    """A page whose values under these names, through lists too, are hashes."""

    def change(column: pa.Array, mask: pa.Array) -> pa.Array:
        return pa.array([value and seal(str(value)) for value in column.to_pylist()], pa.string())

    for name in names:
        rows = _changed(rows, _path(name), pa.repeat(True, len(rows)), change)
    return rows


def hashed_json(row: Mapping[str, Any], names: Sequence[str], seal: Seal) -> Mapping[str, Any]:
    """The same of one object of any shape; what is not as it should be, on the way there, is hashed whole."""
    for name in names:
        row = _changed_json(row, _path(name), lambda value: None if value is None else seal(str(value)))
    return row


def free_texts(endpoint: Endpoint, there: Iterable[Path]) -> list[Path]:
    """Of the paths that are there, those that may name anybody: free texts, free-form, undeclared values."""
    kinds = dict(leaves(endpoint.fields))
    people = [(*child.path, "email") for child in endpoint.inner_people]
    owners = {*map(_path, endpoint.emails), *people}
    personal = {path for path in map(_path, endpoint.sensitive) if path not in owners}
    return [path for path in there if path in personal or kinds.get(path, "json") == "json"]


def _has_at_sign(rows: pa.Table, path: Path) -> bool:
    """True when a value at a path, through lists too, may hold an address."""
    column = rows[path[0]].combine_chunks()
    for name in (*path[1:], None):
        while pa.types.is_list(column.type):
            column = column.flatten()
        if name is not None:
            column = column.field(name)
    is_text = pa.types.is_string(column.type)
    return bool(is_text and pc.any(pc.match_substring_regex(column, f"(?i){'|'.join(AT_SIGNS)}")).as_py())


def _path(name: str) -> Path:
    return tuple(name.split("__"))


def _inner(kind: Field) -> Fields | None:
    return kind[0] if isinstance(kind, list) else kind if isinstance(kind, Mapping) else None


def _paths(kind: pa.Schema | pa.StructType, path: Path = ()) -> Iterator[Path]:
    """The paths of every value of an Arrow type."""
    for each in kind:
        inner = each.type.value_type if pa.types.is_list(each.type) else each.type
        if pa.types.is_struct(inner):
            yield from _paths(inner, (*path, each.name))
        else:
            yield (*path, each.name)


def _column(rows: pa.Table, path: Path) -> pa.ChunkedArray:
    """A value of each row, null where there is no such; nothing in lists is looked at."""
    if path[0] not in rows.column_names:
        return pa.chunked_array([pa.nulls(len(rows), pa.string())])
    column = rows[path[0]]
    for name in path[1:]:
        column = pc.struct_field(column, name)
    return column


def _changed(rows: pa.Table, path: Path, mask: pa.Array, change: Change) -> pa.Table:
    if path[0] not in rows.column_names:
        return rows
    column = _changed_column(rows[path[0]].combine_chunks(), path[1:], mask, change)
    return rows.set_column(rows.column_names.index(path[0]), path[0], column)


def _changed_column(column: pa.Array, path: Path, mask: pa.Array, change: Change) -> pa.Array:
    """A column, however nested, with the values at a path changed."""
    if pa.types.is_list(column.type):
        whole = column.take(pa.array(np.arange(len(column))))  # a list that is a slice cannot be put together
        inner = mask.take(pc.list_parent_indices(whole))
        values = _changed_column(whole.flatten(), path, inner, change)
        return pa.ListArray.from_arrays(_offsets(whole), values, mask=whole.is_null())
    if not path:
        return change(column, mask)
    if not pa.types.is_struct(column.type) or column.type.get_field_index(path[0]) < 0:
        return column
    fields = dict(zip((each.name for each in column.type), column.flatten(), strict=True))
    fields[path[0]] = _changed_column(fields[path[0]], path[1:], mask, change)
    return pa.StructArray.from_arrays(list(fields.values()), list(fields), mask=column.is_null())


def _offsets(lists: pa.ListArray) -> pa.Array:
    lengths = lists.value_lengths().fill_null(0)
    return pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])


def _nothing(column: pa.Array, mask: pa.Array) -> pa.Array:
    return pc.if_else(mask, pa.scalar(None, column.type), column)


def _values(value: Any, path: Path) -> Iterator[str]:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        yield value


def _changed_json(value: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, list):
        return [_changed_json(each, path, change) for each in value]
    if not path or not isinstance(value, Mapping):
        return change(value)
    if path[0] not in value:
        return value
    return {**value, path[0]: _changed_json(value[path[0]], path[1:], change)}


def _no_json(value: Any) -> None:
    return None
