"""The command `kassavirta`: arguments in, exit code out."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pipelines.errors import PipelineError

if TYPE_CHECKING:
    from pipelines.check import Finding
    from pipelines.flow import Teller
    from pipelines.record import Record

# What shells say of a command that was ended by Ctrl-C.
INTERRUPTED = 130

app = typer.Typer(
    help="Your online store's whole history in DuckDB: load, model, publish, report.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)

Stores = Annotated[
    list[str] | None, typer.Argument(help="Stores by name; all that are enabled if none is given.")
]
AsOf = Annotated[str | None, typer.Option(help="Compute as of this day (YYYY-MM-DD) instead of today.")]

AllowShrink = Annotated[
    bool, typer.Option("--allow-shrink", help="Believe that more than a fifth of a list is gone.")
]


@app.command()
def demo(
    size: Annotated[int, typer.Option(help="Orders in the demo store.")] = 5000,
    serve: Annotated[bool, typer.Option("--serve", help="Only serve the store, until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(help="Port for --serve.")] = 8765,
    fault: Annotated[list[str] | None, typer.Option(help="A named fault of the store.")] = None,
    history: Annotated[
        Path | None, typer.Option(help="CSV of real purchases: customer, date, units, amount.")
    ] = None,
    as_of: AsOf = None,
) -> None:
    """See it work: a made-up store, loaded over HTTP, modelled, published and reported."""
    from pipelines import showcase
    from pipelines.settings import day

    options = showcase.options(size, history, fault or ())
    with _told() as teller:
        if serve:
            showcase.serve(port, options, teller)
            raise typer.Exit
        record = showcase.show(Path.cwd(), options, day(as_of), teller)
    _finish(record)


@app.command()
def check(stores: Stores = None) -> None:
    """Test connection: address, key, each list's right to be read, clock; nothing is written."""
    from pipelines.check import check_stores
    from pipelines.settings import read_settings

    with _told() as teller:
        _show(check_stores(read_settings().chosen(stores)), teller)


@app.command()
def sync(
    stores: Stores = None,
    resource: Annotated[list[str] | None, typer.Option(help="Only these lists.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Everything again, from the beginning.")] = False,
    since: Annotated[str | None, typer.Option("--from", help="Backfill from this day or moment.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Backfill to this day or moment.")] = None,
    allow_shrink: AllowShrink = False,
) -> None:
    """Extract and load what is new; a backfill leaves the cursor alone."""
    from pipelines.startup import spare_pandas

    spare_pandas()
    from pipelines import flow
    from pipelines.job import Wanted
    from pipelines.settings import read_settings

    with _told() as teller:
        settings = read_settings()
        wanted = Wanted(resource or (), full, since, until, allow_shrink)
        wanted.span("UTC")
        record = flow.sync(settings, settings.chosen(stores), wanted, teller)
    _finish(record)


@app.command()
def sweep(stores: Stores = None, allow_shrink: AllowShrink = False) -> None:
    """Find deleted records: compares all ids; raw keeps what it has, models leave it out."""
    from pipelines import flow
    from pipelines.settings import read_settings

    with _told() as teller:
        settings = read_settings()
        record = flow.sweep(settings, settings.chosen(stores), allow_shrink, teller)
    _finish(record)


@app.command()
def build(
    select: Annotated[list[str] | None, typer.Option(help="dbt selection; all models if not given.")] = None,
    as_of: AsOf = None,
    unit_tests: Annotated[
        bool, typer.Option("--unit-tests", help="Test the definitions on made-up rows, too.")
    ] = False,
) -> None:
    """Build and test the models, publish them, write the report."""
    from pipelines import flow
    from pipelines.settings import day, read_settings
    from pipelines.transform import Wish

    with _told() as teller:
        record = flow.build(read_settings(), Wish(select or (), day(as_of), unit_tests), teller)
    _finish(record)


@app.command()
def run(
    stores: Stores = None,
    as_of: AsOf = None,
    every: Annotated[
        str | None, typer.Option(metavar="CRON", help="Again and again, as in '0 * * * *', until Ctrl-C.")
    ] = None,
) -> None:
    """Sync, build, publish, report, and activate where a destination is configured."""
    from pipelines import flow
    from pipelines.schedule import repeat
    from pipelines.settings import day, read_settings
    from pipelines.transform import Wish

    with _told() as teller:
        settings = read_settings()
        if every:
            repeat(settings, every, ["run", *(stores or ()), *(["--as-of", as_of] if as_of else [])], teller)
        record = flow.run(settings, settings.chosen(stores), Wish(as_of=day(as_of)), teller)
    _finish(record)


@app.command()
def activate(
    destinations: Annotated[
        list[str] | None, typer.Argument(help="Destinations by name; all that are enabled if none is given.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only counts and samples; send nothing.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows of each list.")] = None,
    allow_shrink: AllowShrink = False,
    deleted: Annotated[
        list[str] | None, typer.Option(help="Key of a forgotten person you have deleted there by hand.")
    ] = None,
) -> None:
    """Send on what changed: customers, segments, products and sales to where they are configured to go."""
    from pipelines import flow
    from pipelines.sending import Sending
    from pipelines.settings import read_settings

    with _told() as teller:
        settings = read_settings()
        sending = Sending(dry_run, limit, allow_shrink, deleted or ())
        record = flow.activate(settings, settings.accounts(destinations), sending, teller)
    _finish(record)


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """Per store: Disabled, Syncing, Enabled or Failed; last run, rows, gaps, freshness."""
    from pipelines.settings import read_settings
    from pipelines.status import read_status
    from pipelines.terminal import show_status

    with _told():
        show_status(read_status(read_settings()), as_json)


@app.command()
def logs(
    limit: Annotated[int, typer.Option(help="So many runs, the last ones.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line, for machines.")] = False,
) -> None:
    """What the last runs did: asked, loaded, changed, and what went wrong."""
    from pipelines.logs import read_logs
    from pipelines.settings import read_settings
    from pipelines.terminal import show_logs

    with _told():
        show_logs(read_logs(read_settings(), limit), as_json)


@app.command()
def schedule(
    kind: Annotated[str, typer.Argument(metavar="cron|systemd|github|airflow", help="The scheduler.")],
    every: Annotated[str, typer.Option(metavar="CRON", help="When to run.")] = "0 * * * *",
) -> None:
    """Print a ready unit for a scheduler."""
    from pipelines.schedule import unit
    from pipelines.settings import read_settings

    with _told() as teller:
        teller.say(unit(kind, read_settings(), every).rstrip())


@app.command()
def report(
    open_page: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
) -> None:
    """Write the owner's page from the published file."""
    from pipelines import flow
    from pipelines.settings import read_settings

    with _told() as teller:
        settings = read_settings()
        flow.report(settings, teller)
    if open_page:
        typer.launch(str(settings.report))


@app.command()
def forget(
    email: Annotated[
        str, typer.Argument(help="The person's e-mail address; asked for when it is not given.")
    ] = "",
) -> None:
    """Erase one person everywhere, and keep them out of later loads; sums stay as they are."""
    from pipelines import flow
    from pipelines.settings import read_settings

    with _told() as teller:
        address = email or typer.prompt("E-mail address to forget")
        record = flow.forget(read_settings(), address, teller)
    _finish(record)


@app.command()
def init(
    platform: Annotated[str, typer.Option(help="Where the store runs: mycashflow or cscart.")] = "mycashflow",
    name: Annotated[str, typer.Option(help="What you call the store.")] = "main",
    store: Annotated[str, typer.Option(help="Its name (mycashflow) or address (cscart).")] = "",
    user: Annotated[str, typer.Option(help="The API user's e-mail.")] = "",
    key: Annotated[str, typer.Option(help="The API user's key.")] = "",
    time_zone: Annotated[str, typer.Option(help="The store's own zone.")] = "Europe/Helsinki",
    currency: Annotated[str, typer.Option(help="The store's own currency.")] = "EUR",
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Do not ask the store first.")] = False,
) -> None:
    """Set up a store: asks for what is not given, checks that it can be read, writes .dlt/."""
    from pipelines.check import check_stores
    from pipelines.init import NewStore, question, set_up

    with _told() as teller:
        asked = {
            question(platform): (store, False),
            "API user's e-mail": (user, False),
            "API key": (key, True),
        }
        address, login, secret = (given or _ask(text, hide) for text, (given, hide) in asked.items())
        new = NewStore(name, platform, address, login, secret, time_zone, currency)
        show = (lambda store: None) if unchecked else (lambda store: _show(check_stores([store]), teller))
        for path in set_up(Path.cwd(), new, show):
            teller.say(f"written: .dlt/{path.name}")


def _ask(text: str, hide: bool) -> str:
    """What the person in front answers; nothing when there is none."""
    try:
        return str(typer.prompt(text, hide_input=hide))
    except typer.Abort:
        return ""


@contextmanager
def _told() -> Iterator[Teller]:
    """A teller, and errors turned into one sentence and an exit code."""
    from pipelines.terminal import teller

    try:
        with teller() as told:
            yield told
    except PipelineError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        typer.echo("stopped; the next run goes on from what was last committed", err=True)
        os._exit(INTERRUPTED)  # at once: threads may be waiting for a store


def _show(findings: Sequence[Finding], teller: Teller) -> None:
    """Says what was found of each store, and ends with the first problem's code."""
    for finding in findings:
        for line in finding.lists:
            teller.say(f"{finding.store}: {line}")
        for warning in finding.warnings:
            teller.say(f"warning: {warning}")
        for problem in finding.problems:
            typer.echo(f"error: {problem}", err=True)
    problems = [problem for finding in findings for problem in finding.problems]
    if problems:
        raise typer.Exit(problems[0].exit_code)


def _finish(record: Record) -> None:
    for problem in record.problems:
        typer.echo(f"error: {problem}", err=True)
    raise typer.Exit(record.exit_code)


def main() -> None:
    """Runs the command line; whatever it writes is its owner's alone."""
    os.umask(0o077)
    gc.set_threshold(50_000, 20, 100)  # a command ends soon; looking for cycles costs it a twentieth
    try:
        app()
    except SystemExit as end:
        _leave(end)


def _leave(end: SystemExit) -> NoReturn:
    """Ends the process without freeing what it holds, object by object: up to half a second (measured).

    No state depends on a tidy end. What cannot be said any more, as into a closed pipe, is left to Python.
    """
    atexit._run_exitfuncs()
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else bool(end.code))
    raise end
