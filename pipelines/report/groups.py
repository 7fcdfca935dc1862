"""Sizes of a store's segments with bars and trends, grouped the way an owner asks about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from pipelines.report import wording
from pipelines.report.definitions import (
    DEFINITIONS,
    INACTIVE,
    RFM_KEYS,
    SEGMENT_GROUPS,
    Definition,
    definition_of,
)
from pipelines.report.movements import Movement


@dataclass(frozen=True)
class SegmentRow:
    """One segment; `bar` is its length in percent of the largest in its group."""

    key: str
    name: str
    size: str
    bar: str
    movement: Movement | None
    is_known: bool


@dataclass(frozen=True)
class SegmentGroup:
    """Segments under one heading."""

    name: str
    rows: tuple[SegmentRow, ...]


@dataclass(frozen=True)
class RfmRow:
    """One RFM segment with what it brings; `bar` is its share of net sales, for a bar."""

    key: str
    name: str
    customers: str
    share: str
    net_sales: str
    net_sales_share: str
    bar: str
    movement: Movement | None


def segment_groups(sizes: pd.DataFrame, moved: Mapping[str, Movement]) -> tuple[SegmentGroup, ...]:
    """Every segment, those with nobody too; nothing when all of them are empty."""
    found = dict(zip(sizes["segment"], sizes["member_count"], strict=True))
    counts = {each.key: float(found.get(each.key, 0)) for each in DEFINITIONS if each.group in SEGMENT_GROUPS}
    counts |= {key: float(size) for key, size in found.items() if key not in (*RFM_KEYS, INACTIVE)}
    if not any(counts.values()):
        return ()
    named = [(definition_of(key), size) for key, size in counts.items()]
    return tuple(
        group(name, [pair for pair in named if pair[0].group == name], moved) for name in SEGMENT_GROUPS
    )


def group(name: str, members: list[tuple[Definition, float]], moved: Mapping[str, Movement]) -> SegmentGroup:
    """One group, the largest segment first."""
    largest = max((size for _, size in members), default=0)
    ordered = sorted(members, key=lambda pair: (-pair[1], pair[0].name))
    rows = (
        SegmentRow(
            key=definition.key,
            name=definition.name,
            size=wording.number(size),
            bar=f"{size / largest * 100:.2f}" if largest else "0",
            movement=moved.get(definition.key),
            is_known=bool(definition.source),
        )
        for definition, size in ordered
    )
    return SegmentGroup(name, tuple(rows))


def rfm_rows(segments: pd.DataFrame, moved: Mapping[str, Movement], currency: str) -> tuple[RfmRow, ...]:
    """The RFM segments, best first, inactive customers last; none while nobody is in one."""
    if not segments["customer_count"].sum():
        return ()
    written = segments.assign(written=wording.column(segments["net_sales_365_days"], currency))
    known = {f"rfm_{row['rfm_segment']}": row for row in written.to_dict("records")}
    return tuple(
        RfmRow(
            key=key,
            name=definition_of(key).name,
            customers=wording.number(row["customer_count"]),
            share=wording.percent(row["customer_share"]),
            net_sales=row["written"],
            net_sales_share=wording.percent(row["net_sales_share"]),
            bar=f"{min(1.0, max(0.0, row['net_sales_share'])) * 100:.1f}",
            movement=moved.get(key),
        )
        for key in (*RFM_KEYS, INACTIVE)
        if (row := known.get(key)) is not None
    )


def inactive_count(segments: pd.DataFrame) -> int:
    """Customers who bought before the time that is scored, and not in it."""
    return int(segments.loc[segments["rfm_segment"] == INACTIVE.removeprefix("rfm_"), "customer_count"].sum())
