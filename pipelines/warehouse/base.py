"""What a warehouse promises, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pipelines.errors import PipelineError

if TYPE_CHECKING:
    import pandas

# From SQL to a frame.
Read = Callable[[str], "pandas.DataFrame"]


class Rows(Protocol):
    """What a statement answers."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def fetchone(self) -> Any:
        """The next row, or None."""


class Connection(Protocol):
    """DuckDB's own, or one that is spoken to alike: `?` marks a parameter, every statement is committed."""

    def execute(self, query: str, parameters: Any = ..., /) -> Rows:
        """Runs a statement."""

    def register(self, view_name: str, python_object: Any, /) -> Any:
        """Makes an Arrow table of text columns readable under a name, for this connection alone."""


@dataclass(frozen=True)
class Target:
    """Where dbt works: the output in `sql/profiles.yml`, and the variables it takes."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)


class Warehouse(Protocol):
    """Where everything is kept: raw tables, models, and what every run did."""

    def exists(self) -> bool:
        """Whether there is anything to read; nobody is made to wait for it."""

    def connect(self, read_only: bool = False) -> AbstractContextManager[Connection]:
        """A connection that is closed afterwards, with UTC as its zone.

        Raises:
            SettingsError: it cannot be reached, read or written; the message says what to do.
        """

    def connect_lean(self) -> AbstractContextManager[Connection]:
        """A connection to write with, likewise, whose memory does not grow however much is written.

        Raises:
            SettingsError: as `connect` does.
        """

    def hold(self) -> AbstractContextManager[None]:
        """It can be written, and no other run writes to it as long as this lasts.

        Its `ops` tables are those of this version; a file that is not there yet gets them by its first load.

        Raises:
            SettingsError: as `connect` does, when another run holds it, or a newer kassavirta made it.
        """

    def reader(self) -> AbstractContextManager[Read]:
        """A function from SQL to a frame, the same types from every warehouse.

        Raises:
            SettingsError: as `connect` does.
        """

    def destination(self) -> Any:
        """The warehouse for dlt."""

    def dbt(self) -> AbstractContextManager[Target]:
        """The warehouse for dbt, which can reach it as long as this lasts."""

    def rewrite(self) -> None:
        """Everything is written anew, so that nothing that was deleted or changed is left in any file.

        Raises:
            SettingsError: as `connect` does.
        """

    def kept_open(self) -> AbstractContextManager[None]:
        """Stays open for many small things, if it is there; then the space of what is gone is given back.

        Raises:
            SettingsError: as `connect` does.
        """

    def explain(self, error: BaseException) -> PipelineError | None:
        """What an error of the database or disk means for the person who runs this; None for any other."""
