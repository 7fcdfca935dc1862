"""The warehouse as a PostgreSQL database, which other runs and readers use at the same time."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
import pyarrow as pa

from pipelines.addresses import Server
from pipelines.errors import LoadFailed, PipelineError, SettingsError
from pipelines.http import redact
from pipelines.settings import environment
from pipelines.warehouse.base import Read, Target
from pipelines.warehouse.copying import copy_rows, storable
from pipelines.warehouse.ops import ensure_ops

# Seconds to wait for the server to answer.
PATIENCE = 15

# What a run locks in the database, so that there is one at a time: any number that nobody else uses.
RUN_LOCK = 0x6B617373  # "kass"

NO_ANSWER = "no answer"

# What a server's refusal means, by the beginning of its SQLSTATE.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
MEANINGS: Mapping[str, str] = {
    NO_ANSWER: "no connection ({said}). Check that it runs, and warehouse.url in .dlt/secrets.toml.",
    "08": "the connection broke ({said}). Run again; nothing is half-written.",
    "42501": "this user has no right to do that ({said}). Make it the owner of the database and its schemas.",
    "53100": "no space left on the server's disk. Free some and run again; nothing is half-written.",
    "53": "the server has no room for one more ({said}). Try again later.",
    "57P": "the server is shutting down or starting up. Run again; nothing is half-written.",
}

# Column types by PostgreSQL's numbers for them, as Arrow has them; decimals are known by their values.
ARROW: Mapping[int, pa.DataType] = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    25: pa.string(),
    701: pa.float64(),
    1043: pa.string(),
    1082: pa.date32(),
    1184: pa.timestamp("us", tz="UTC"),
}


class PostgresConnection:
    """A psycopg2 connection that is spoken to as DuckDB's is."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, query: str, parameters: Sequence[Any] | None = None, /) -> Any:
        """Runs a statement; what it answers can be fetched."""
        cursor = self._connection.cursor()
        cursor.execute(*([_marked(query), storable(list(parameters))] if parameters else [query]))
        return cursor

    def register(self, view_name: str, python_object: pa.Table, /) -> None:
        """Makes an Arrow table of text columns readable under a name, for this connection alone."""
        names = python_object.column_names
        with self._connection.cursor() as cursor:
            cursor.execute(f"drop table if exists pg_temp.{view_name}")
            cursor.execute(f"create temp table {view_name} ({', '.join(f'{name} text' for name in names)})")
            copy_rows(cursor, view_name, ", ".join(names), python_object)
            cursor.execute(f"analyze {view_name}")


@dataclass(frozen=True)
class PostgresWarehouse:
    """A PostgreSQL database; it is there before us, and its schemas are made by the first run."""

    server: Server

    def exists(self) -> bool:
        """Always: whoever has no database gets to know when connecting."""
        return True

    @contextmanager
    def connect(self, read_only: bool = False) -> Iterator[PostgresConnection]:
        """A connection that commits every statement."""
        options = f"-c timezone=UTC -c default_transaction_read_only={'on' if read_only else 'off'}"
        try:
            connection = psycopg2.connect(
                host=self.server.host,
                port=self.server.port,
                dbname=self.server.database,
                user=self.server.user,
                password=self.server.password,
                connect_timeout=PATIENCE,
                application_name="kassavirta",
                client_encoding="UTF8",
                options=options,
                **self.server.options,
            )
        except psycopg2.Error as error:
            raise explained(error) from error
        try:
            connection.autocommit = True
            yield PostgresConnection(connection)
        except psycopg2.Error as error:
            raise explained(error) from error
        finally:
            connection.close()

    def connect_lean(self) -> AbstractContextManager[PostgresConnection]:
        """A connection as any: what it needs is the server's matter."""
        return self.connect()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """The database can keep every text, and this is the one run in it, from whichever machine."""
        with self.connect() as connection:
            _check_letters(connection)
            if not connection.execute("select pg_try_advisory_lock(?)", [RUN_LOCK]).fetchone()[0]:
                raise SettingsError(
                    "PostgreSQL: another run is under way in this database. Wait for it to end."
                )
            if ensure_ops(connection):
                self.rewrite()
            yield

    @contextmanager
    def reader(self) -> Iterator[Read]:
        """A function from SQL to a frame."""
        with self.connect(read_only=True) as connection:
            yield lambda sql: _as_arrow(connection.execute(sql)).to_pandas()

    def destination(self) -> Any:
        """The database for dlt."""
        from pipelines.warehouse.loading import destination

        return destination(self.server)

    @contextmanager
    def dbt(self) -> Iterator[Target]:
        """The database for dbt, which is told by environment variables: `--vars` it would write down."""
        with self.connect() as connection:
            connection.execute("analyze")  # what was just loaded: without it the planner guesses
        with environment(_libpq_variables(self.server)):
            yield Target("postgres")

    def rewrite(self) -> None:
        """Writes every table anew; what the server's own log and copies hold is the server's matter."""
        with self.connect() as connection:
            connection.execute("vacuum full")

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Nothing: to connect costs little, and the server gives back space by itself."""
        yield

    def explain(self, error: BaseException) -> PipelineError | None:
        """What an error of the database means, or a full disk under `data/`."""
        if getattr(error, "errno", None) == errno.ENOSPC:
            return SettingsError(
                "no space left on the disk. Free some and run again; nothing is half-written."
            )
        return explained(error) if isinstance(error, psycopg2.Error) else None


def explained(error: psycopg2.Error) -> PipelineError:
    """What an error of the database means; only its first line is repeated, the others may quote a row."""
    said = redact(str(error).strip().split("\n")[0]) or type(error).__name__
    is_cut_off = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    state = error.pgcode or (NO_ANSWER if is_cut_off else "")
    for beginning, meaning in MEANINGS.items():
        if state.startswith(beginning):
            return SettingsError(f"PostgreSQL: {meaning.format(said=said)}")
    return LoadFailed(f"PostgreSQL: {said}")


def _check_letters(connection: PostgresConnection) -> None:
    """Nothing, when the database can keep every text and knows that a letter is large.

    Raises:
        SettingsError: it would lose letters, or take two spellings of an address for two people.
    """
    ((encoding,),) = connection.execute("show server_encoding").fetchall()
    if encoding == "UTF8" and connection.execute("select lower('\u00c4I') = '\u00e4i'").fetchone()[0]:
        return
    raise SettingsError(
        "PostgreSQL: the encoding or locale of this database does not know every letter. Create one with "
        "encoding 'UTF8' locale 'C.UTF-8' template template0."
    )


def _marked(query: str) -> str:
    """The statement with psycopg2's marks for parameters."""
    return query.replace("%", "%%").replace("?", "%s")


def _libpq_variables(server: Server) -> dict[str, str]:
    """The words by which libpq knows a database, https://www.postgresql.org/docs/current/libpq-envars.html."""
    return {
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGDATABASE": server.database,
        "PGUSER": server.user,
        "DBT_ENV_SECRET_PGPASSWORD": server.password,
        "PGTZ": "UTC",
        **{f"PG{name.upper()}": value for name, value in server.options.items()},
    }


def _as_arrow(cursor: Any) -> pa.Table:
    """The rows of a query with the types that DuckDB would give them."""
    rows = cursor.fetchall()
    columns = [
        pa.array([row[place] for row in rows], ARROW.get(column.type_code))
        for place, column in enumerate(cursor.description)
    ]
    return pa.Table.from_arrays(columns, [column.name for column in cursor.description])
