"""Where the seconds of a build go, by what dbt wrote of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SLOWEST = 12


@dataclass(frozen=True)
class Building:
    """Seconds of one build.

    Attributes:
        wall: all of the command.
        dbt: from dbt's first model to its last test.
        layers: of all nodes of a kind together, by kind; two run at a time, so they sum to more than `dbt`.
        slowest: of the nodes that took longest, by name.
    """

    wall: float
    dbt: float
    layers: dict[str, float]
    slowest: dict[str, float]


def last_build(data: Path, wall: float) -> Building:
    """The build that was last run on the warehouse under `data`, and took `wall` seconds."""
    target = data / "dbt" / "target"
    results = json.loads((target / "run_results.json").read_text())
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    layers: Counter[str] = Counter()
    seconds: dict[str, float] = {}
    for result in results["results"]:
        if node := nodes.get(result["unique_id"]):
            layers[_layer(node)] += result["execution_time"]
            seconds[node["name"]] = result["execution_time"]
    slowest = sorted(seconds, key=seconds.__getitem__, reverse=True)[:SLOWEST]
    return Building(
        wall, results["elapsed_time"], dict(layers.most_common()), {name: seconds[name] for name in slowest}
    )


def _layer(node: dict[str, Any]) -> str:
    return f"{node['schema']}, models" if node["resource_type"] == "model" else f"{node['resource_type']}s"
