"""Arrow tables into PostgreSQL by COPY, exactly: an empty text is not the same as none.

PostgreSQL refuses one sign in texts, NUL. It becomes U+FFFD, the sign for what cannot be shown: a row is
worth more than a sign that nobody can see.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

NUL, SHOWN = "\x00", "\ufffd"

# Every text is in quotes and what is null is not, which is how PostgreSQL's CSV tells them apart.
AS_CSV = pa.csv.WriteOptions(include_header=False, quoting_style="needed")


def copy_rows(cursor: Any, table: str, columns: str, rows: pa.Table | pa.RecordBatch) -> None:
    """Adds rows to a table through a psycopg2 cursor; `table` and `columns` are SQL, in their order."""
    csv = BytesIO()
    pa.csv.write_csv(_storable_columns(rows), csv, AS_CSV)
    csv.seek(0)
    cursor.copy_expert(f"copy {table} ({columns}) from stdin with (format csv, encoding 'UTF8')", csv)


def storable(value: Any) -> Any:
    """A value, or a list of values, that PostgreSQL can keep."""
    if isinstance(value, str):
        return value.replace(NUL, SHOWN)
    return [storable(each) for each in value] if isinstance(value, list) else value


def _storable_columns(rows: pa.Table | pa.RecordBatch) -> pa.Table | pa.RecordBatch:
    for place, column in enumerate(rows.schema):
        if pa.types.is_string(column.type) and pc.any(pc.match_substring(rows[place], NUL)).as_py():
            texts = pc.replace_substring(rows[place], NUL, SHOWN)
            rows = rows.set_column(place, column.name, texts)
    return rows
