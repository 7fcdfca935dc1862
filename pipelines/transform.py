"""Runs the dbt project in this process and says what failed, by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import TransformFailed
from pipelines.settings import Settings

# (finished so far, all, the name of the last one)
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class BuildResult:
    """How many models and tests ran, and which only warned."""

    passed: int
    warned: Sequence[str]


def project_folder() -> Path:
    """The dbt project: inside an installed package, or beside it in a checkout."""
    here = Path(__file__).parent
    inside = here / "sql"
    return inside if inside.is_dir() else here.parent / "sql"


def build(
    settings: Settings,
    select: Sequence[str] = (),
    as_of: str | None = None,
    progress: Progress = lambda done, total, name: None,
) -> BuildResult:
    """Builds and tests all models, or the selected ones.

    Args:
        settings: where the warehouse is.
        select: dbt's own selection words.
        as_of: the day (ISO) as of which everything is computed; each store's today when None.
        progress: is told about each model and test that ends.

    Raises:
        TransformFailed: a model or test failed; all are named.
    """
    from dbt.cli.main import dbtRunner

    counter = _Counter(progress)
    result = dbtRunner(callbacks=[counter]).invoke(_arguments(settings, select, as_of))
    if result.exception:
        raise TransformFailed(
            f"dbt stopped: {_first_line(result.exception)}. Its log is data/dbt/logs/dbt.log."
        )
    nodes = list(getattr(result.result, "results", None) or [])
    failed = [node for node in nodes if str(node.status) in ("error", "fail", "runtime error")]
    if failed or not result.success:
        raise TransformFailed(f"{_named(failed)} failed. The log data/dbt/logs/dbt.log says why.")
    warned = [node.node.name for node in nodes if str(node.status) == "warn"]
    return BuildResult(len(nodes) - len(warned), warned)


def _arguments(settings: Settings, select: Sequence[str], as_of: str | None) -> list[str]:
    project, state = str(project_folder()), settings.data / "dbt"
    variables = {"warehouse_path": str(settings.warehouse), **({"as_of": as_of} if as_of else {})}
    arguments = ["build", "--project-dir", project, "--profiles-dir", project]
    arguments += ["--target-path", str(state / "target"), "--log-path", str(state / "logs")]
    arguments += [
        "--vars",
        json.dumps(variables),
        "--log-level",
        "none",
        "--log-level-file",
        "info",
    ]
    return [*arguments, *(["--select", *select] if select else [])]


class _Counter:
    """Follows dbt's events: how many nodes there are, and each that finished."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def __call__(self, event: Any) -> None:
        if event.info.name in (
            "LogModelResult",
            "LogTestResult",
            "LogSeedResult",
            "LogSnapshotResult",
        ):
            said = event.data
            total = said.num_models if event.info.name == "LogTestResult" else said.total
            self.progress(said.index, total, said.node_info.node_name)


def _named(failed: Sequence[Any]) -> str:
    names = [f"{node.node.resource_type} {node.node.name}" for node in failed]
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "") or "the build"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
