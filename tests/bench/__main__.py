"""Measures `kassavirta sync` and `build` beside other ways, on the demo store, in one run: `make bench`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench.figures import Bench, Figure
from tests.bench.page import named, write_page


def main() -> None:
    """Prints each figure as it is known; ends with 1 when a demanded one is missed."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as home:
        bench = Bench(tuple(options.sizes), options.times, Path(home))
        figures: list[Figure] = []
        for figure in bench.figures():
            figures.append(figure)
            limit = f"at {'least' if figure.at_least else 'most'} {figure.limit:g}"
            met = "" if figure.is_met else "  MISSED"
            print(f"{named(figure, bench):62}{figure.value:10.2f} {figure.unit:6}{limit}{met}", flush=True)
    for (name, size), cost in bench.costs.items():
        print(f"{size:10,} {name:36}{cost.wall:8.1f} s{cost.cpu:8.1f} CPU s{cost.memory:8.0f} MB")
    if options.page:
        write_page(options.page, bench, figures)
    missed = [named(figure, bench) for figure in figures if not figure.is_met]
    if missed and options.demand:
        sys.exit(f"missed: {'; '.join(missed)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=3, default=(20_000, 100_000, 1_000_000), metavar="ORDERS")
    parser.add_argument("--times", type=int, default=3, help="runs of each; the median counts")
    parser.add_argument("--page", type=Path, help="where to write the page (and its chart)")
    parser.add_argument("--demand", action="store_true", help="fail when a limit is missed")
    return parser


if __name__ == "__main__":
    main()
