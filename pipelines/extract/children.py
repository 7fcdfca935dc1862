"""Nested pages to flat tables: the parent's own columns, and one table for each list inside it.

A child row carries `store`, its parent's id and its position; a field that the API calls as we call one of
these is kept as `api_<name>`. A parent whose list is empty sends one marker row (`_empty` is true): dlt then
removes the old children and loads no row. A list that is missing or null says nothing about the children,
so no marker is sent and what was loaded stays; but inside a row of a list it is an empty one, because such
rows are replaced with their parent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.extract.endpoint import Child

EMPTY = "_empty"


def parent_table(rows: pa.Table, key: str = "id") -> pa.Table:
    """The page without its lists, objects flattened to `object__field`; store and key are never null."""
    columns = dict(_flat_columns(rows))
    return _with_required(pa.table(columns), "store", key)


def child_table(
    rows: pa.Table, child: Child, parent_key: str, is_new: bool = False, key: str = "id"
) -> pa.Table:
    """The rows of one nested list over a whole page, markers for empty lists included.

    Args:
        rows: the page, `store` and the key among its columns.
        child: the list.
        parent_key: the column that names the parent row, such as `order_id`.
        is_new: whether nothing was loaded before, so that there is nothing to mark as gone.
        key: what the page itself calls that column.
    """
    named = rows.select(["store", key]).rename_columns(["store", parent_key])
    found = [_List.inside(rows, child.path, component) for component in child.components or (None,)]
    parts = [_child_rows(named, leaf, parent_key) for leaf in found]
    parts += [] if is_new else [_markers(named, found, parent_key)]
    return _with_required(pa.concat_tables(parts, promote_options="default"), "store", parent_key)


@dataclass(frozen=True)
class _List:
    """One list column somewhere inside a page, with the way back to the page's rows.

    Attributes:
        lists: the list column at its own level.
        parents: for each list, the page row it belongs to.
        positions: for each list, the place of the row that holds it, when that row is itself in a list.
        hollow: page rows whose list on the way is empty, so that there is none here either.
        component: the name of the list inside an object of lists.
    """

    lists: pa.ListArray
    parents: pa.Array
    positions: pa.Array | None
    hollow: Sequence[int]
    component: str | None

    @classmethod
    def inside(cls, rows: pa.Table, path: tuple[str, ...], component: str | None) -> _List:
        """Follows `path` through objects and lists, down to the list it ends in."""
        steps = (*path, component) if component else path
        holder = rows.select([steps[0]]).to_struct_array().combine_chunks()
        parents, positions, hollow = pa.array(np.arange(len(holder))), None, []
        for step in steps[:-1]:
            column = _field(holder, step)
            if pa.types.is_list(column.type):
                taken = pc.list_parent_indices(column)
                hollow.extend(parents.filter(pc.equal(column.value_lengths(), 0)).to_pylist())
                positions = _positions(column, taken)
                parents, holder = parents.take(taken), column.flatten()
            else:
                holder = column
        return cls(_field(holder, steps[-1]), parents, positions, hollow, component)


def _child_rows(named: pa.Table, leaf: _List, parent_key: str) -> pa.Table:
    taken = pc.list_parent_indices(leaf.lists)
    parents = leaf.parents.take(taken)
    columns = dict(zip(named.column_names, named.take(parents).columns, strict=True))
    if leaf.component:
        columns["component"] = pa.array([leaf.component] * len(taken), pa.string())
    if leaf.positions is not None:
        columns["parent_position"] = leaf.positions.take(taken)
    columns["position"] = _positions(leaf.lists, taken)
    ours = {*columns, EMPTY}
    own = _flat_columns(pa.Table.from_struct_array(leaf.lists.flatten()))
    columns |= {f"api_{name}" if name in ours else name: column for name, column in own if name != parent_key}
    return pa.table({**columns, EMPTY: pa.nulls(len(taken), pa.bool_())})


def _markers(named: pa.Table, found: list[_List], parent_key: str) -> pa.Table:
    """One row for each parent that is known to have no children."""
    known = np.zeros(named.num_rows, dtype=bool)
    filled = np.zeros(named.num_rows, dtype=bool)
    for leaf in found:
        parents = leaf.parents.to_numpy()
        known[parents[_is_said(leaf)]] = True
        lengths = leaf.lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
        filled[parents[lengths > 0]] = True
        known[leaf.hollow] = True
    empty = named.filter(pa.array(known & ~filled))
    yes = pa.array([True] * empty.num_rows, pa.bool_())
    return empty.append_column(EMPTY, yes)


def _is_said(leaf: _List) -> np.ndarray:
    """For each list whether it is there; a missing one inside a row that goes with its parent is empty."""
    is_there: np.ndarray = leaf.lists.is_valid().to_numpy(zero_copy_only=False)
    return is_there | (leaf.positions is not None)


def _flat_columns(rows: pa.Table, prefix: str = "") -> Iterator[tuple[str, pa.ChunkedArray]]:
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        if pa.types.is_struct(column.type):
            inner = pa.Table.from_arrays(
                column.combine_chunks().flatten(), [field.name for field in column.type]
            )
            yield from _flat_columns(inner, f"{prefix}{name}__")
        elif not pa.types.is_list(column.type):
            yield f"{prefix}{name}", column


def _field(holder: pa.StructArray, name: str) -> pa.Array:
    """A field of a struct column, null where the struct itself is null."""
    return holder.flatten()[holder.type.get_field_index(name)]


def _positions(lists: pa.ListArray, taken: pa.Array) -> pa.Array:
    """For each item of the lists, its place in its own list, from 0."""
    starts = lists.offsets.to_numpy()[:-1] - lists.offsets[0].as_py()
    return pa.array(np.arange(len(taken)) - starts[taken.to_numpy()], pa.int64())


def _with_required(table: pa.Table, *names: str) -> pa.Table:
    fields = [field.with_nullable(field.name not in names) for field in table.schema]
    return table.cast(pa.schema(fields))
