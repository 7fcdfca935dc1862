"""Sizes of a store's segments as rows with bars, grouped the way an owner asks about them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pipelines.report import wording
from pipelines.report.definitions import RFM, SEGMENT_GROUPS, Definition, segment_definition


@dataclass(frozen=True)
class SegmentRow:
    """One segment; `bar` is its length in percent of the largest in its group."""

    name: str
    text: str
    size: str
    share: str
    bar: str


@dataclass(frozen=True)
class SegmentGroup:
    """Segments under one heading, as many rows as have members."""

    name: str
    note: str
    rows: tuple[SegmentRow, ...]


NOTES = {
    RFM: "Every customer with an order is in exactly one of these, by how recently (R), how often "
    "(F) and for how much money (M) they order."
}


def segment_groups(sizes: pd.DataFrame) -> tuple[SegmentGroup, ...]:
    """The groups that have members, in the order of SEGMENT_GROUPS."""
    counts = dict(zip(sizes["segment"], sizes["member_count"], strict=True))
    named = [(segment_definition(str(key)), size) for key, size in counts.items()]
    groups = (group(name, [pair for pair in named if pair[0].group == name]) for name in SEGMENT_GROUPS)
    return tuple(group for group in groups if group.rows)


def group(name: str, members: list[tuple[Definition, float]]) -> SegmentGroup:
    """One group, the largest segment first; only RFM, a partition, has shares."""
    whole = sum(size for _, size in members) if name == RFM else 0
    largest = max((size for _, size in members), default=0)
    ordered = sorted(members, key=lambda pair: (-pair[1], pair[0].key))
    rows = (
        SegmentRow(
            name=definition.name,
            text=definition.text,
            size=wording.number(size),
            share=wording.share(size, whole),
            bar=f"{size / largest * 100:.2f}",
        )
        for definition, size in ordered
    )
    return SegmentGroup(name, NOTES.get(name, ""), tuple(rows))
