"""How dlt loads into PostgreSQL: as into any other, but for its files, which are Parquet and go in by COPY.

dlt's own ways are CSV files, in which an empty text is none, statements with all values in them, and a driver
for Parquet that is one more package.
"""

from __future__ import annotations

from typing import Any

import psycopg2
import pyarrow.parquet as pq
from dlt.common.destination.client import HasFollowupJobs, LoadJob, RunnableLoadJob
from dlt.common.destination.typing import PreparedTableSchema
from dlt.destinations import postgres
from dlt.destinations.impl.postgres.configuration import PostgresCredentials
from dlt.destinations.impl.postgres.postgres import PostgresClient

from pipelines.addresses import Server
from pipelines.warehouse.copying import copy_rows
from pipelines.warehouse.postgres import explained

ROWS_AT_A_TIME = 20_000


class CopyJob(RunnableLoadJob, HasFollowupJobs):
    """One Parquet file into its table, whole or not at all."""

    def run(self) -> None:
        """Copies the rows in one transaction.

        Raises:
            PipelineError: in our words, for dlt writes PostgreSQL's into its log, and they quote rows.
        """
        client: Any = self._job_client
        try:
            with client.sql_client.begin_transaction():
                self._copy(client.sql_client)
        except psycopg2.Error as error:
            raise explained(error) from None

    def _copy(self, client: Any) -> None:
        table = client.make_qualified_table_name(self.load_table_name)
        with client.native_connection.cursor() as cursor, pq.ParquetFile(self._file_path) as file:
            columns = ", ".join(client.escape_column_name(name) for name in file.schema_arrow.names)
            for rows in file.iter_batches(ROWS_AT_A_TIME):
                copy_rows(cursor, table, columns, rows)


class CopyingClient(PostgresClient):
    """dlt's client for PostgreSQL, with that job for Parquet."""

    def create_load_job(
        self, table: PreparedTableSchema, file_path: str, load_id: str, restore: bool = False
    ) -> LoadJob:
        """The job that loads a file."""
        if file_path.endswith(".parquet"):
            return CopyJob(file_path)
        return super().create_load_job(table, file_path, load_id, restore)


class CopyingPostgres(postgres):
    """dlt's destination for PostgreSQL, with that client."""

    @property
    def client_class(self) -> type[PostgresClient]:
        """What loads."""
        return CopyingClient


def destination(server: Server) -> CopyingPostgres:
    """A database for dlt; it learns the password from here and nowhere else."""
    credentials = PostgresCredentials()
    credentials.host = "localhost"  # dlt wants one; what is in the query goes before it, and may be a folder
    credentials.port = server.port
    credentials.database = server.database
    credentials.username = server.user
    credentials.password = server.password
    credentials.query = {"host": server.host, **server.options}
    credentials.session_timezone = "UTC"
    return CopyingPostgres(
        credentials,
        destination_name="postgres",
        preferred_loader_file_format="parquet",
        supported_loader_file_formats=["parquet"],
        loader_file_format_selector=None,  # it takes Parquet away where that driver is missing
    )
