"""SQL has floors too: staging, intermediate, marts, metrics, segments, history; held over dbt's manifest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipelines.docs import keys_of, page
from pipelines.settings import PLATFORMS
from pipelines.sources import cscart, mycashflow

Manifest = dict[str, Any]
Models = list[dict[str, Any]]

ROOT = Path(__file__).parents[1]
FLOORS = {
    "staging": 0,
    "intermediate": 1,
    "marts": 2,
    "metrics": 3,
    "segments": 3,
    "snapshots": 3,
    "outbound": 4,
}
# Above staging, but not a table: its one reader writes its rows itself.
VIEWS = {"int_customer_records_unioned"}
DELETED = "ops.deleted_records"
IS_DELETED = "stg_ops__deleted_records"
SOURCES = {"mycashflow": mycashflow.EVERY, "cscart": cscart.EVERY}
# No model asks for these yet.
NOT_STAGED = {"mycashflow": [], "cscart": ["stores", "payments", "carts"]}
PREFIXES = {
    "staging": ("stg_",),
    "intermediate": ("int_",),
    "marts": ("fct_", "dim_", "bridge_"),
    "metrics": ("met_",),
    "segments": ("seg_", "segment_"),
    "outbound": ("out_",),
}


@pytest.fixture
def documentation(tmp_path: Path) -> Path:
    """dbt's own pages about the project, as `make docs` has them made, here without a warehouse."""
    invoke(tmp_path, PLATFORMS, "docs", "generate", "--empty-catalog")
    return tmp_path


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """dbt's own account of the project with every platform in it."""
    target = tmp_path_factory.mktemp("manifest")
    invoke(target, PLATFORMS, "parse")
    return manifest_in(target)


def invoke(target: Path, platforms: Sequence[str], *command: str) -> None:
    """Lets dbt look at the project for a warehouse with stores of some platforms."""
    from dbt.cli.main import dbtRunner

    folders = ["--project-dir", str(ROOT / "sql"), "--profiles-dir", str(ROOT / "sql")]
    folders += ["--target-path", str(target), "--log-path", str(target), "--log-level", "none"]
    variables = {"platforms": platforms, "warehouse_path": str(target / "none.duckdb")}
    result = dbtRunner().invoke([*command, *folders, "--vars", json.dumps(variables)])
    assert result.success, result.exception


def manifest_in(target: Path) -> Manifest:
    parsed: Manifest = json.loads((target / "manifest.json").read_text())
    return parsed


@pytest.fixture
def models(manifest: Manifest) -> Models:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


@pytest.fixture
def snapshots(manifest: Manifest) -> Models:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "snapshot"]


def floor(node: dict[str, Any]) -> str:
    return "snapshots" if node["resource_type"] == "snapshot" else str(node["fqn"][1])


def test_a_model_reads_only_from_its_own_floor_or_below(
    manifest: Manifest, models: Models, snapshots: Models
) -> None:
    for model in [*models, *snapshots]:
        for parent in model["depends_on"]["nodes"]:
            if parent.startswith(("model.", "snapshot.")):
                below = manifest["nodes"][parent]
                assert FLOORS[floor(below)] <= FLOORS[floor(model)], f"{model['name']} reads {below['name']}"


def test_sources_are_read_in_staging_only(models: Models) -> None:
    for model in models:
        reads_source = any(parent.startswith("source.") for parent in model["depends_on"]["nodes"])
        assert reads_source == (floor(model) == "staging"), model["name"]


def test_staging_shows_one_raw_table_and_asks_only_what_is_deleted(models: Models) -> None:
    """No joins in staging; `is_deleted` is the one look at another table (sql/macros/deleted.sql)."""
    for model in models:
        if floor(model) == "staging":
            sources = [parent.split(".", 2)[-1] for parent in model["depends_on"]["nodes"]]
            own = {source for source in sources if source != DELETED or model["name"] == IS_DELETED}
            assert len(own) == 1, model["name"]
            assert " join " not in model["raw_code"], model["name"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_raw_table_is_a_source_and_every_list_is_staged(
    manifest: Manifest, models: Models, platform: str
) -> None:
    every, schema = SOURCES[platform], f"raw_{platform}"
    raw = {node["name"]: key for key, node in manifest["sources"].items() if node["source_name"] == schema}
    children = [
        child.name for list_ in every for child in (list_.as_children if list_.within else list_.children)
    ]
    assert sorted(raw) == sorted({*(list_.name for list_ in every), *children})
    staged = {parent for model in models for parent in model["depends_on"]["nodes"]}
    assert [list_.name for list_ in every if raw[list_.name] not in staged] == NOT_STAGED[platform]


def test_staging_knows_what_a_store_has_deleted(models: Models) -> None:
    for model in models:
        if model["name"].startswith("stg_") and not model["name"].startswith("stg_ops__"):
            assert "is_deleted" in model["columns"], model["name"]


def test_whoever_reads_staging_decides_about_what_is_deleted(manifest: Manifest, models: Models) -> None:
    """Its SQL names `is_deleted` at least as often as it reads a kind of records that has it."""
    for model in models:
        if floor(model) != "staging":
            below = [manifest["nodes"].get(parent, {}) for parent in model["depends_on"]["nodes"]]
            asked = {
                node["name"].split("__")[-1] for node in below if "is_deleted" in node.get("columns", {})
            }
            assert model["raw_code"].count("is_deleted") >= len(asked), f"{model['name']} reads {asked}"


def test_a_model_has_its_folder_s_prefix_and_schema(models: Models) -> None:
    for model in models:
        assert model["name"].startswith(PREFIXES[floor(model)]), model["name"]
        assert model["schema"] == floor(model), model["name"]


def test_a_snapshot_is_in_a_schema_of_its_own_and_reads_no_raw_data(snapshots: Models) -> None:
    for snapshot in snapshots:
        assert snapshot["schema"] == "snapshots", snapshot["name"]
        assert all(parent.startswith("model.") for parent in snapshot["depends_on"]["nodes"])


def test_every_model_and_column_is_described(models: Models, snapshots: Models) -> None:
    for model in [*models, *snapshots]:
        assert model["description"].startswith("One row per "), model["name"]
        undescribed = [name for name, column in model["columns"].items() if not column["description"]]
        assert model["columns"], model["name"]
        assert undescribed == [], model["name"]


def test_contracts_hold_from_the_marts_up(models: Models) -> None:
    for model in models:
        expected = FLOORS[floor(model)] >= 2
        assert model["config"]["contract"]["enforced"] == expected, model["name"]
        expected = "table" if FLOORS[floor(model)] >= 1 and model["name"] not in VIEWS else "view"
        assert model["config"]["materialized"] == expected, model["name"]


def test_every_metric_and_segment_has_a_unit_test(manifest: Manifest, models: Models) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    needed = {model["name"] for model in models if floor(model) in ("metrics", "segments")}
    assert needed - tested == set()


def test_a_seed_is_in_a_schema_of_its_own_and_described(manifest: Manifest) -> None:
    seeds = [node for node in manifest["nodes"].values() if node["resource_type"] == "seed"]
    assert seeds
    for seed in seeds:
        assert seed["schema"] == "seeds", seed["name"]
        assert seed["description"].startswith("One row per "), seed["name"]
        assert all(column["description"] for column in seed["columns"].values()), seed["name"]
        assert set(seed["config"]["column_types"]) == set(seed["columns"]), seed["name"]


def test_personal_columns_are_marked(models: Models) -> None:
    personal = ("email", "phone", "first_name", "last_name", "street_address")
    for model in models:
        for name, column in model["columns"].items():
            if name.endswith(personal) and not name.startswith(("is_", "has_")):
                assert column["meta"].get("pii"), f"{model['name']}.{name}"


def test_money_is_never_added_across_currencies(manifest: Manifest, models: Models) -> None:
    """A store has one currency, so a metric with money has in its key the store, or what is one store's."""
    keys = keys_of(manifest)
    for model in models:
        kinds = {column["data_type"] or "" for column in model["columns"].values()}
        if floor(model) == "metrics" and kinds & {"decimal(18, 2)", "decimal(28, 2)"}:
            of_one_store = [
                name
                for name in keys[model["unique_id"]]
                if name in ("store", "currency") or (name.endswith("_key") and name != "person_key")
            ]
            assert of_one_store, model["name"]
            assert "currency" in model["columns"], model["name"]


def test_the_page_of_metrics_is_what_the_yaml_says(manifest: Manifest) -> None:
    assert (ROOT / "docs/metrics.md").read_text(encoding="utf-8") == page(manifest), "run `make docs`"


@pytest.mark.slow
def test_the_pages_of_dbt_know_every_model(documentation: Path) -> None:
    models = [node for name, node in manifest_in(documentation)["nodes"].items() if name.startswith("model.")]
    assert models
    assert "<html" in (documentation / "index.html").read_text(encoding="utf-8")
    assert (documentation / "catalog.json").exists()
    assert all(model["compiled_code"] for model in models)


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_that_is_absent_has_no_node(tmp_path: Path, platform: str) -> None:
    """Tests of a model that is disabled stay in the manifest; dbt does not run them."""
    invoke(tmp_path, [platform], "parse")
    alone = manifest_in(tmp_path)
    others = [other for other in PLATFORMS if other != platform]
    nodes = [name for name in (*alone["nodes"], *alone["unit_tests"]) if not name.startswith("test.")]
    assert [name for name in nodes if any(f"_{other}__" in name for other in others)] == []
    assert any(f"stg_{platform}__orders" in name for name in nodes)
