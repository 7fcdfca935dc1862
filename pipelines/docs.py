"""Writes `docs/metrics.md` out of the YAML beside the SQL: `python -m pipelines.docs`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.settings import PLATFORMS
from pipelines.transform import project_folder

Manifest = Mapping[str, Any]
Model = Mapping[str, Any]

PAGE = Path("docs/metrics.md")
FLOORS = {"metrics": "Metrics", "segments": "Segments", "snapshots": "History", "marts": "Marts"}
HEAD = """# Metrics and segments

What is in `metrics`, `segments`, `snapshots` and `marts`. `make docs` writes this page out of the YAML beside
the SQL (`sql/`): change it there. Why a number is defined as it is, is in [DECISIONS.md](../DECISIONS.md).
"""
AS_OF = """## As of a day

Everything is computed as of one day: today, or the day of `--as-of`. What began after it is not there:
orders, lines that came to an order later, payments, shipments, accounts, rows of the newsletter list,
products, gift cards. What the store deleted later is there still; what happened later has not happened. The
descriptions below do not repeat it.

For the columns below the platform tells no day: they are as of the last load whatever the day is, and so is
what they decide further up, such as that an order counts. Where the newsletter list has forgotten an earlier
subscription, nothing knows it any more.

| model | as of the last load |
| --- | --- |
"""
TABLE = "| column | type | holds |\n| --- | --- | --- |"


def main() -> int:
    """Writes the page into this directory's `docs/`; 0 when that is done."""
    PAGE.write_text(page(read_manifest()), encoding="utf-8")
    return 0


def read_manifest() -> Manifest:
    """The project as dbt sees it: its `manifest.json`.

    Raises:
        RuntimeError: dbt cannot read the project.
    """
    from dbt.cli.main import dbtRunner

    project = str(project_folder())
    with TemporaryDirectory() as target:
        folders = ["--project-dir", project, "--profiles-dir", project]
        folders += ["--target-path", target, "--log-path", target]
        everything = ["--vars", json.dumps({"platforms": PLATFORMS})]
        result = dbtRunner().invoke(["parse", *folders, *everything, "--log-level", "none"])
        if not result.success:
            raise RuntimeError(f"dbt cannot read {project}") from result.exception
        parsed: Manifest = json.loads((Path(target) / "manifest.json").read_text(encoding="utf-8"))
    return parsed


def page(manifest: Manifest) -> str:
    """The page in Markdown: floor by floor, each model with its key and columns."""
    keys = keys_of(manifest)
    parts = [HEAD, AS_OF + "".join(map(_undated_row, undated_of(manifest)))]
    for floor, title in FLOORS.items():
        parts += [f"## {title}\n", *_sections(models_of(manifest, floor), keys)]
    return "\n".join(parts)


def models_of(manifest: Manifest, floor: str) -> list[Model]:
    """The models or snapshots of a schema by name, single segments after all else."""
    found = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "snapshot") and node["schema"] == floor
    ]
    return sorted(found, key=lambda node: (node["name"].startswith("seg_"), node["name"]))


def keys_of(manifest: Manifest) -> dict[str, list[str]]:
    """Columns that tell rows apart, by the model's id in the manifest: what its tests hold unique."""
    keys: dict[str, list[str]] = {}
    for node in manifest["nodes"].values():
        test = node.get("test_metadata") or {}
        if test.get("name") == "primary_key":
            given = test["kwargs"]["columns"]
            # coalesce(city, '') is the city, which may be missing
            keys[node["attached_node"]] = [re.sub(r"coalesce\((\w+),.*\)", r"\1", each) for each in given]
    return keys


def undated_of(manifest: Manifest) -> list[tuple[str, list[str]]]:
    """The models with columns that are as of the last load whatever the day is, and those columns."""
    models = [model for floor in FLOORS for model in models_of(manifest, floor)]
    found = (
        (model["name"], [name for name, each in model["columns"].items() if each["meta"].get("undated")])
        for model in models
    )
    return [(name, columns) for name, columns in found if columns]


def _undated_row(undated: tuple[str, list[str]]) -> str:
    name, columns = undated
    return f"| [{name}](#{name}) | {', '.join(f'`{column}`' for column in columns)} |\n"


def _sections(models: Sequence[Model], keys: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Each model's part; columns that another model has already are not listed again."""
    listed: dict[tuple[tuple[str, str], ...], str] = {}
    for model in models:
        columns = model["columns"].values()
        same = listed.setdefault(tuple((each["name"], each["data_type"]) for each in columns), model["name"])
        yield f"### {model['name']}\n\n{_line(model['description'])}\n"
        if model["unique_id"] in keys:
            yield f"Key: {', '.join(f'`{name}`' for name in keys[model['unique_id']])}.\n"
        if same == model["name"]:
            yield "\n".join([TABLE, *map(_row, columns)]) + "\n"
        else:
            yield f"Columns as in [{same}](#{same}).\n"


def _row(column: Mapping[str, Any]) -> str:
    meta = column["meta"]
    says = [_line(column["description"])]
    says += [f"= `{meta['formula']}`"] if "formula" in meta else []
    says += ["Personal."] if meta.get("pii") else []
    return f"| `{column['name']}` | {column['data_type']} | {' '.join(says)} |"


def _line(text: str) -> str:
    """The text on one line, with nothing in it that would end a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
