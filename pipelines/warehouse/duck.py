"""The warehouse as a DuckDB file, which one process at a time can write."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.errors import LoadFailed, PipelineError, SettingsError
from pipelines.warehouse.base import Read, Target
from pipelines.warehouse.ops import ensure_ops

if TYPE_CHECKING:
    import pandas

# At the eighth byte of every DuckDB file.
MAGIC = b"DUCK"

# What DuckDB says of a file that is of another version, cut off, or not as it was written.
DAMAGED = (
    "not a valid DuckDB",
    "version number",
    "Corrupt",
    "Could not read enough bytes",
    "Failed to deserialize",
)

# Files that this process knows to be DuckDB's, by path and inode.
_known: set[tuple[Path, int]] = set()

# Of blocks that are used, so many may be free beside them before the file is written anew. A build puts
# each table beside the old one and leaves 0.45 to 0.65 free, which the next one fills again (measured, a
# million orders): to write the file anew after each build would take half as long as the build itself.
MOST_FREE = 1.0

# What DuckDB may hold in memory while it loads, however much there is to load.
LOAD_MEMORY = "192MB"

# And while rows trickle in, a few at a time: what is written goes to the file soon, and each thread more
# would have buffers of its own. Measured: a million receipts need no more than a hundred thousand.
LEAN: Mapping[str, str] = {"memory_limit": "'48MB'", "checkpoint_threshold": "'1MB'", "threads": "1"}


@dataclass(frozen=True)
class DuckWarehouse:
    """A DuckDB file; it is made by the first who writes to it."""

    path: Path

    def exists(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    def connect(self, read_only: bool = False) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A connection of its own, see `connect` below."""
        if not read_only:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        return connect(self.path, read_only)

    @contextmanager
    def connect_lean(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that has little memory and puts what is written into the file at once."""
        with self.connect() as connection:
            for name, value in LEAN.items():
                connection.execute(f"set {name} = {value}")
            yield connection

    @contextmanager
    def hold(self) -> Iterator[None]:
        """The file can be written now; dlt and dbt lock it by themselves, each in its turn."""
        if self.exists():
            with self.connect() as connection:
                is_emptied = ensure_ops(connection)
            if is_emptied:
                self.rewrite()
        else:
            check_writable(self.path)
        yield

    @contextmanager
    def reader(self) -> Iterator[Read]:
        """A function from SQL to a frame, over the file opened read-only."""
        with connect(self.path, read_only=True) as connection:
            yield lambda sql: connection.sql(sql).to_arrow_table().to_pandas()

    def destination(self) -> Any:
        """The file for dlt: what is inserted need not stay in memory, nor in the order it came in."""
        import dlt
        from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials

        self.path.parent.mkdir(parents=True, exist_ok=True)
        credentials = DuckDbCredentials(str(self.path))
        credentials.global_config = {"memory_limit": LOAD_MEMORY, "preserve_insertion_order": False}
        return dlt.destinations.duckdb(credentials)

    @contextmanager
    def dbt(self) -> Iterator[Target]:
        """The file for dbt, which keeps it open for the life of the process unless told to let go."""
        try:
            yield Target("duckdb", {"warehouse_path": str(self.path)})
        finally:
            _let_go()

    def rewrite(self) -> None:
        """Replaces the file by a new one that holds what is there and nothing else."""
        pack(self.path)

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """The file is opened once for all who connect meanwhile; it is written anew if that is worth it.

        To open and close it takes as long as to load a list in which nothing changed.
        """
        with self.connect() if self.exists() else nullcontext():
            yield
            loose = self.exists() and is_loose(self.path)
        if loose:
            pack(self.path)

    def explain(self, error: BaseException) -> PipelineError | None:
        """What a DuckDB or operating system error means."""
        return explain(error, self.path) if isinstance(error, duckdb.Error | OSError) else None


@contextmanager
def connect(path: Path, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that is closed afterwards, with UTC as its zone.

    Raises:
        SettingsError: the file is locked by another process, is no DuckDB file, or the disk is full.
    """
    _check_kind(path)
    try:
        connection = duckdb.connect(str(path), read_only=read_only)
    except (duckdb.Error, OSError) as error:
        raise explain(error, path) from error
    try:
        _known.add(_identity(path))
        connection.execute("set time zone 'UTC'")
        yield connection
    except (duckdb.Error, OSError) as error:
        raise explain(error, path) from error
    finally:
        connection.close()


def check_writable(path: Path) -> None:
    """Nothing, when a warehouse can be made; it is not made.

    Raises:
        SettingsError: its folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = path.with_suffix(".probe")
        probe.write_bytes(b"kassavirta")
        probe.unlink()
    except OSError as error:
        raise explain(error, path) from error


def is_loose(path: Path) -> bool:
    """Whether so much of a file is free that it should be packed."""
    with connect(path) as connection:
        used, free = connection.execute(
            "select used_blocks, free_blocks from pragma_database_size()"
            " where database_name = current_catalog()"
        ).fetchall()[0]
    return bool(free > MOST_FREE * used)


def pack_if_loose(path: Path) -> None:
    """Writes all that is logged into the file; and the file anew when too much of it is free."""
    if is_loose(path):  # to close the file, which nobody else may have open, writes what is logged
        pack(path)


def pack(path: Path) -> None:
    """Writes a DuckDB file anew, without what is free or deleted, and swaps it in by rename.

    Raises:
        SettingsError: as `connect` does.
    """
    with connect(path) as connection:
        connection.execute("force checkpoint")
    packed = path.with_name(f".{path.name}.new")
    packed.unlink(missing_ok=True)
    try:
        with duckdb.connect() as connection:
            connection.execute(f"attach {quoted(path)} as source (read_only)")
            connection.execute(f"attach {quoted(packed)} as packed")
            connection.execute("copy from database source to packed")
        packed.chmod(0o600)
        os.replace(packed, path)
    except (duckdb.Error, OSError) as error:
        raise explain(error, path) from error
    finally:
        packed.unlink(missing_ok=True)


def quoted(path: Path) -> str:
    """A path as SQL writes it."""
    return "'" + str(path).replace("'", "''") + "'"


def _check_kind(path: Path) -> None:
    """Nothing for a DuckDB file or none; DuckDB would go and look for an extension to read another kind.

    A file that was looked into is not opened again: a process that closes a file, whatever for, gives up all
    its locks on it (POSIX), and so the one that DuckDB keeps others out with.

    Raises:
        SettingsError: something else lies there.
    """
    if not path.exists() or _identity(path) in _known:
        return
    with suppress(PermissionError):
        if path.is_dir() or MAGIC not in path.open("rb").read(16):
            raise _unreadable(path)


def _identity(path: Path) -> tuple[Path, int]:
    return path, path.stat().st_ino


def _unreadable(path: Path) -> SettingsError:
    return SettingsError(
        f"{path.name}: it is no DuckDB file that this version can read. Move it away, put a copy of the "
        "published file in its place if you have one, which has all but the last runs, and run "
        "`kassavirta run`."
    )


def explain(error: BaseException, path: Path) -> PipelineError:
    """What a DuckDB or operating system error means for the person who runs this."""
    text, name = str(error).replace(f"{path.parent}{os.sep}", ""), path.name
    if (
        getattr(error, "errno", None) == errno.ENOSPC
        or "No space left" in text
        or "not enough disk space" in text
    ):
        return SettingsError(
            f"{name}: no space left on the disk. Free some and run again; nothing is half-written."
        )
    if "Could not set lock" in text or "being used by another process" in text:
        return SettingsError(
            f"{name}: another process has it open. Close it and run again; to query, open the published "
            "file instead."
        )
    if any(sign in text for sign in DAMAGED):
        return _unreadable(path)
    if isinstance(error, PermissionError) or "Permission denied" in text:
        return SettingsError(
            f"{name}: no right to write it. Change its owner, or warehouse.path in .dlt/config.toml."
        )
    return LoadFailed(f"{name}: {text.splitlines()[0] if text else type(error).__name__}")


def read_frame(path: Path, sql: str) -> pandas.DataFrame:
    """The rows of one query over a DuckDB file that is only read."""
    with DuckWarehouse(path).reader() as read:
        return read(sql)


def _let_go() -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    with suppress(Exception):  # there is no connection yet when dbt stopped before its first query
        DuckDBConnectionManager.env().close()
    DuckDBConnectionManager.close_all_connections()
