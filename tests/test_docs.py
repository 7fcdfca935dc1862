"""What the papers say is what happens: every command of the README is run, every name in it exists."""

from __future__ import annotations

import re
import shlex
import zipfile
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from subprocess import run as run_process

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.demo.server import KEY, USER, ShopServer

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAPERS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "DECISIONS.md", "docs/for-analysts.md")
FOR_ANALYSTS = (ROOT / "docs/for-analysts.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def blocks(language: str, paper: str = README) -> list[str]:
    """The fenced blocks of a paper in a language."""
    return re.findall(rf"```{language}\n(.*?)```", paper, flags=re.DOTALL)


def commands(paper: str = README) -> Iterator[list[str]]:
    """Every shell command of a paper, as words."""
    for block in blocks("sh", paper):
        for line in block.strip().splitlines():
            yield shlex.split(line)


@pytest.mark.slow
def test_every_command_of_the_readme_works(tmp_path: Path, server: ShopServer) -> None:
    ran = []
    for words in commands():
        program, *arguments = words
        if program == "kassavirta":
            typed = f"{server.url}\n{USER}\n{KEY}\n" if arguments == ["init"] else None
            result = CliRunner().invoke(app, arguments, input=typed)
            assert result.exit_code == 0, result.output
        elif program == "duckdb":
            assert arguments[:2] == ["-readonly", "data/kassavirta.duckdb"]
            with duckdb.connect(arguments[1], read_only=True) as connection:
                assert len(connection.execute(arguments[2]).fetchall()) == 7
        else:
            assert program == "make"
            assert re.search(rf"^{arguments[0]}:.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
        ran.append(words[:2])
    assert ["kassavirta", "run"] in ran
    assert ["make", "demo"] in ran
    exec(compile(blocks("python")[0], "README.md", "exec"), {})
    exec(compile(blocks("python")[1], "README.md", "exec"), {})
    assert (tmp_path / "shop.duckdb").exists()
    assert_analysts_get_answers(tmp_path / "data/kassavirta.duckdb")


def assert_analysts_get_answers(published: Path) -> None:
    """Every question has rows, and the notebook runs, with rows in every table."""
    exec(compile(blocks("python", FOR_ANALYSTS)[0], "for-analysts.md", "exec"), {})
    questions = blocks("sql", FOR_ANALYSTS)
    assert len(questions) == len(re.findall(r"^\d+\. .*\?$", FOR_ANALYSTS, flags=re.MULTILINE)) == 10
    with duckdb.connect(str(published), read_only=True) as connection:
        for question in questions:
            assert connection.execute(question).fetchall(), question
    _, found = run_path(str(ROOT / "docs/explore.py"))["app"].run()
    assert found["store"].value == "main"
    assert [name for name in ("months", "triangle", "segments") if found[name].empty] == []


@pytest.mark.slow
def test_every_command_of_operations_works(tmp_path: Path, server: ShopServer) -> None:
    (tmp_path / ".dlt").mkdir()
    settings = "\n".join(blocks("toml", OPERATIONS)).replace("[stores.main.", "[stores.demo.")
    webhook, command = re.findall(r"^(?:webhook|command) = .*", settings, flags=re.MULTILINE)
    hidden = settings[settings.index("[stores.demo.") :]
    store = f'[stores.demo]\nbase_url = "{server.url}"\nuser = "{USER}"\nkey = "{KEY}"\n'
    (tmp_path / ".dlt/config.toml").write_text(f"[alerts]\n{webhook}\n{command}\n{store}\n{hidden}")
    for words in [["kassavirta", "run"], *commands(OPERATIONS)]:
        if words[0] == "kassavirta":
            result = CliRunner().invoke(app, words[1:])
            assert result.exit_code == 0, result.output
        else:
            run_process(words, cwd=tmp_path, check=True)
    with duckdb.connect("data/kassavirta.duckdb", read_only=True) as connection:
        found = "select count(phone), count(customer_information__phone) from raw_mycashflow.customers as c"
        found += " full join raw_mycashflow.orders on false"
        assert connection.execute(found).fetchall() == [(0, 0)]


def test_ci_runs_what_the_readme_tells_a_newcomer_to_run() -> None:
    script = (ROOT / ".ci/run").read_text()
    assert re.findall(r"^make ([\w-]+)$", script, flags=re.MULTILINE) == [
        "check",
        "test",
        "test-slow",
        "demo",
    ]
    assert "bash .ci/run" in (ROOT / ".github/workflows/ci.yml").read_text()


def test_the_table_of_commands_is_the_command_line() -> None:
    listed = set(re.findall(r"^\| `kassavirta (\w+)`", README, flags=re.MULTILINE))
    commands = [command for command in app.registered_commands if command.callback]
    registered = {command.name or command.callback.__name__ for command in commands if command.callback}
    assert listed | {"init"} == registered


def test_options_the_readme_names_exist() -> None:
    for name, row in re.findall(r"^\| `kassavirta (\w+)` \| (.*) \|$", README, flags=re.MULTILINE):
        help_text = CliRunner().invoke(app, [name, "--help"]).output
        for option in re.findall(r"--[a-z-]+", row):
            assert option in help_text, f"{name} {option}"


def test_the_map_of_the_house_names_what_is_there() -> None:
    (house,) = re.findall(r"## The house\n\n```\n(.*?)```", README, flags=re.DOTALL)
    for name in re.findall(r"\b[a-z_]+\.py\b", house):
        assert list((ROOT / "pipelines").rglob(name)), name
    named = set(re.findall(r"\b([a-z_]+)\.py\b", house)) | {"__init__", "__main__"}
    assert {path.stem for path in (ROOT / "pipelines").glob("*.py")} <= named


@pytest.mark.parametrize("paper", PAPERS)
def test_links_inside_the_project_lead_somewhere(paper: str) -> None:
    for link in re.findall(r"\]\(([^)#]+)", (ROOT / paper).read_text(encoding="utf-8")):
        assert link.startswith("https://") or ((ROOT / paper).parent / link).exists(), link


def test_no_registry_address_and_no_machine_path_is_in_any_file() -> None:
    listing = run_process(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    forbidden = re.compile("py" + r"pi\.org|pythonho" + "sted|index-" + "url|/ro" + "ot/|/ho" + "me/[a-z]")
    for name in listing.stdout.split():
        path = ROOT / name
        if path.suffix in (".png",) or not path.is_file():
            continue
        assert not forbidden.search(path.read_text(encoding="utf-8")), name


def test_every_dependency_is_pinned() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    wanted += [each for extra in project["project"]["optional-dependencies"].values() for each in extra]
    pinned = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    )
    names = {re.split(r"[<>=\[]", requirement)[0] for requirement in wanted}
    assert {name.lower().replace("_", "-") for name in pinned} >= {name.lower() for name in names}


def test_the_wheel_carries_the_models_and_the_page(tmp_path: Path) -> None:
    import sys

    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    run_process(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    models = {
        f"pipelines/sql/{path.relative_to(ROOT / 'sql')}"
        for folder in ("models", "snapshots")
        for path in (ROOT / "sql" / folder).rglob("*.sql")
    }
    assert models <= names
    assert {"pipelines/sql/dbt_project.yml", "pipelines/sql/profiles.yml"} <= names
    assert {"pipelines/report/page.css", "pipelines/report/page.html.j2"} <= names
    assert {f"pipelines/sql/seeds/{path.name}" for path in (ROOT / "sql/seeds").glob("*")} <= names
    stray = ("tests/", "data/", ".dlt/", "pipelines/sql/target")
    assert not [name for name in names if name.startswith(stray)]
