"""Runs the dbt project in this process and says what failed, by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import SettingsError, TransformFailed
from pipelines.settings import PLATFORMS, Settings
from pipelines.warehouse import warehouse_of

# Variables of the dbt project that a run sets by itself.
SET_BY_RUNS = ("as_of", "platforms", "custobar_mode", "ogoship_language", "ogoship_orders")

# (finished so far, all, the name of the last one)
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Wish:
    """What to build.

    Attributes:
        select: dbt's own selection words; everything when empty.
        as_of: the day (ISO) as of which everything is computed; each store's today when None.
        unit_tests: whether definitions are tested on made-up rows too, which says nothing new of a shop;
            data is tested always.
    """

    select: Sequence[str] = ()
    as_of: str | None = None
    unit_tests: bool = False


@dataclass(frozen=True)
class BuildResult:
    """How many models and tests passed, and which only warned."""

    passed: int
    warned: Sequence[str]


def project_folder() -> Path:
    """The dbt project: inside an installed package, or beside it in a checkout."""
    here = Path(__file__).parent
    inside = here / "sql"
    return inside if inside.is_dir() else here.parent / "sql"


def build(settings: Settings, wish: Wish, progress: Progress = lambda done, total, name: None) -> BuildResult:
    """Builds and tests the models; `progress` is told about each model and test that ends.

    Raises:
        TransformFailed: a model or test failed; all are named.
        SettingsError: the selection is of no model.
    """
    from dbt.cli.main import dbtRunner

    variables = _variables(settings, wish)
    with warehouse_of(settings).dbt() as target:
        arguments = _arguments(settings, wish, target.name, {**variables, **target.variables})
        result = dbtRunner(callbacks=[_Counter(progress)]).invoke(arguments)
    if result.exception:
        raise TransformFailed(
            f"dbt stopped: {_first_line(result.exception)}. Its log is data/dbt/logs/dbt.log."
        )
    nodes = list(getattr(result.result, "results", None) or [])
    if not nodes and wish.select:
        raise SettingsError(f"--select {' '.join(wish.select)} is no model: see the names in sql/models")
    failed = [node for node in nodes if str(node.status) in ("error", "fail", "runtime error")]
    if failed or not result.success:
        raise TransformFailed(f"{_named(failed)} failed. The log data/dbt/logs/dbt.log says why.")
    warned = [node.node.name for node in nodes if str(node.status) == "warn"]
    return BuildResult(len(nodes) - len(warned), warned)


def check_definitions(settings: Settings) -> None:
    """Nothing, when what a shop defines otherwise is something that models ask for.

    Raises:
        SettingsError: a name is none of dbt's variables, or its value is of another kind.
    """
    known = _defaults() if settings.definitions else {}
    problems = [
        f"unknown key definitions.{name}, expected one of {', '.join(sorted(known))}"
        for name in settings.definitions
        if name not in known
    ]
    problems += [
        f"definitions.{name} is {value!r}, expected something like {known[name]!r}"
        for name, value in settings.definitions.items()
        if name in known and _kind(value) != _kind(known[name])
    ]
    problems += _gift_card_problems(settings, settings.definitions.get("gift_card_products", {}))
    if problems:
        raise SettingsError("; ".join(problems))


def _gift_card_problems(settings: Settings, products: Any) -> Iterator[str]:
    """Problems of the setting that names gift cards: an unknown store, or something that is no id."""
    for name, ids in products.items() if isinstance(products, Mapping) else ():
        where = f"definitions.gift_card_products.{name}"
        if name not in settings.stores:
            yield f"{where}: there is no such store; there is {', '.join(sorted(settings.stores))}"
        if not isinstance(ids, list) or not all(type(each) is int for each in ids):
            yield f"{where} is {ids!r}, expected ids of products like [12, 34]"


def _defaults() -> dict[str, Any]:
    """What a shop may define otherwise: the project's variables but for those that a run itself sets."""
    import yaml

    project = yaml.safe_load((project_folder() / "dbt_project.yml").read_text(encoding="utf-8"))
    return {name: value for name, value in project["vars"].items() if name not in SET_BY_RUNS}


def _kind(value: Any) -> object:
    """What a value is: numbers alike, lists by what is in them."""
    if isinstance(value, list):
        return [_kind(each) for each in value]
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _variables(settings: Settings, wish: Wish) -> dict[str, Any]:
    check_definitions(settings)
    variables = {**settings.definitions, "platforms": _platforms(settings), **_outbound(settings)}
    return {**variables, "as_of": wish.as_of} if wish.as_of else variables


def _platforms(settings: Settings) -> list[str]:
    """The platforms whose raw tables are in the warehouse; models of the others are not built."""
    with warehouse_of(settings).connect(read_only=True) as connection:
        found = connection.execute("select schema_name from information_schema.schemata").fetchall()
    names = {row[0] for row in found}
    return [platform for platform in PLATFORMS if f"raw_{platform}" in names]


def _arguments(settings: Settings, wish: Wish, target: str, variables: Mapping[str, Any]) -> list[str]:
    project, state = str(project_folder()), settings.data / "dbt"
    arguments = ["build", "--project-dir", project, "--profiles-dir", project, "--target", target]
    arguments += ["--target-path", str(state / "target"), "--log-path", str(state / "logs")]
    arguments += ["--vars", json.dumps(variables), "--log-level", "none", "--log-level-file", "info"]
    arguments += [] if wish.unit_tests else ["--exclude-resource-type", "unit_test"]
    chosen = ["--indirect-selection", "buildable", "--select", *wish.select] if wish.select else []
    return [*arguments, *chosen]


def _outbound(settings: Settings) -> dict[str, Any]:
    """What is to be made for which destinations: nothing where none is configured."""
    chosen = {account.name: account.options for account in settings.accounts()}
    return {
        "destinations": sorted(chosen),
        "custobar_mode": chosen.get("custobar", {}).get("mode", "enrich"),
        "ogoship_language": chosen.get("ogoship", {}).get("language_code", "fi"),
        "ogoship_orders": chosen.get("ogoship", {}).get("orders", False),
    }


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
