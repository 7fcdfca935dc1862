"""Forgets one person everywhere; what is left is numbers, and salted hashes that keep the person out.

Rows stay, so that every sum stays: an order keeps its money and loses whatever is personal in it. A person is
known by an e-mail address, and by the accounts that have it; an order of either is theirs, and so is one that
was sent to the address. The hashes are written first and the rest may be done any number of times, so that
what was killed is finished by doing it again.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from importlib import import_module
from typing import Any

from pipelines import warehouse
from pipelines.errors import SettingsError
from pipelines.extract.children import child_table, parent_table
from pipelines.extract.endpoint import Child, Endpoint
from pipelines.extract.exact import as_json
from pipelines.extract.kinds import empty_table
from pipelines.extract.privacy import AT_SIGNS, Veil, account, free_texts, mentioned, sealer
from pipelines.job import SALT, erased_subjects
from pipelines.settings import PLATFORMS, Settings, now
from pipelines.texts import bare, normalised_email
from pipelines.warehouse import Connection, warehouse_of
from pipelines.warehouse.receipts import forget_customers

E_MAIL = "e-mail"
ACCOUNT = "account"
COLUMNS = "select table_schema, table_name, column_name, data_type from information_schema.columns"
# How JSON writes a sign by its number, and the signs that part words and lines.
ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[bfnrt])")
TEXTS = ("VARCHAR", "text", "character varying", "JSON")


@dataclass
class Erasure:
    """One person while they are forgotten.

    Attributes:
        connection: the warehouse.
        run_id: the run that does it.
        email: as it is compared.
        salt: makes the hashes.
        tables: the columns of every table, by schema and name.
        rows: how many rows lost something, by list.
    """

    connection: Connection
    run_id: str
    email: str
    salt: str
    tables: Mapping[tuple[str, str], Mapping[str, str]]
    rows: dict[str, int] = field(default_factory=dict)

    def has(self, schema: str, table: str) -> bool:
        """Whether there is such a table."""
        return (schema, table) in self.tables


def erase(settings: Settings, email: str, run_id: str) -> Mapping[str, int]:
    """Takes a person out of all tables but the models; how many rows lost something, by list.

    The models have to be built again, and the files to be written again, before the person is gone.

    Raises:
        SettingsError: it is no address, or there is no warehouse.
    """
    place, salt, address = warehouse_of(settings), settings.own_salt(), normalised_email(email)
    if address is None:
        raise SettingsError("expected an e-mail address, like name@example.com")
    if not place.exists():
        raise SettingsError("nothing is loaded yet, so there is nobody to forget")
    erased_subjects(place, salt)
    with place.connect() as connection:
        erasure = Erasure(connection, run_id, address, salt, _tables(connection))
        everything = [each for each in _lists() if erasure.has(*each[:2])]
        lists = [each for each in everything if each[2].sensitive]
        accounts = _accounts(erasure, lists)
        _remember(erasure, accounts)
        for schema, table, endpoint in lists:
            _blank_list(erasure, schema, table, endpoint, accounts)
            _blank_items(erasure, schema, endpoint)
        for schema, _, endpoint in everything:
            _blank_mentions(erasure, schema, endpoint)
        _blank_ops(erasure)
        _forget_keys(erasure, accounts)
        _count(erasure)
    for scratch in ("dbt", "dlt"):
        shutil.rmtree(settings.data / scratch, ignore_errors=True)
    return erasure.rows


def _lists() -> Iterator[tuple[str, str, Endpoint]]:
    """Schema, table and endpoint of every list; people may stand in any, if only in what nobody declared."""
    for platform in PLATFORMS:
        for endpoint in import_module(f"pipelines.sources.{platform}").EVERY:
            yield f"raw_{platform}", endpoint.name, endpoint


def _tables(connection: Connection) -> dict[tuple[str, str], dict[str, str]]:
    tables: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in connection.execute(COLUMNS).fetchall():
        tables.setdefault((schema, table), {})[column] = kind
    return tables


def _spelled(erasure: Erasure, table: str, columns: Iterable[str]) -> list[str]:
    """The address as it is spelled in columns of a table."""
    found = {
        value
        for column in columns
        for (value,) in erasure.connection.execute(
            f'select distinct "{column}" from {table} where lower("{column}") = ? or {_is_odd(column)}',
            [erasure.email],
        ).fetchall()
        if bare(value) == erasure.email
    }
    return sorted(found)


def _is_odd(column: str) -> str:
    """A condition for texts with other signs than those of ASCII that show: `lower` is not enough there."""
    return f"""regexp_replace("{column}", '[!-~]+', '', 'g') <> ''"""


def _emails(erasure: Erasure, schema: str, table: str, endpoint: Endpoint) -> list[str]:
    """The columns of a table that hold addresses by which a person is known."""
    return [name for name in endpoint.emails if name in erasure.tables[schema, table]]


def _accounts(
    erasure: Erasure, lists: Sequence[tuple[str, str, Endpoint]]
) -> dict[str, set[tuple[str, int]]]:
    """Store and number of every account that has the address, by platform's schema."""
    accounts: dict[str, set[tuple[str, int]]] = {}
    for schema, table, endpoint in lists:
        if endpoint.person == endpoint.key:
            spelled = _spelled(erasure, f"{schema}.{table}", _emails(erasure, schema, table, endpoint))
            where, values = _where(erasure, schema, table, endpoint, spelled, set())
            found = erasure.connection.execute(
                f'select store, "{endpoint.key}" from {schema}.{table} where {where}', values
            ).fetchall()
            accounts.setdefault(schema, set()).update((store, number) for store, number in found)
    return accounts


def _remember(erasure: Erasure, accounts: Mapping[str, set[tuple[str, int]]]) -> None:
    seal, moment = sealer(erasure.salt), now()
    subjects = [(SALT, seal(SALT)), (E_MAIL, seal(erasure.email))]
    subjects += [(ACCOUNT, seal(account(*each))) for found in accounts.values() for each in sorted(found)]
    rows = [
        {"run_id": erasure.run_id, "kind": kind, "subject": subject, "erased_at": moment}
        for kind, subject in subjects
    ]
    warehouse.replace(erasure.connection, "erasures", rows, "kind", "subject")


def _count(erasure: Erasure) -> None:
    """How much was taken is written beside the address."""
    erasure.connection.execute(
        "update ops.erasures set row_count = ? where run_id = ? and kind = ?",
        [sum(erasure.rows.values()), erasure.run_id, E_MAIL],
    )


def _where(
    erasure: Erasure,
    schema: str,
    table: str,
    endpoint: Endpoint,
    spelled: Sequence[str],
    accounts: set[tuple[str, int]],
) -> tuple[str, list[Any]]:
    """A condition for the person's rows of a table, and its parameters."""
    there = erasure.tables[schema, table]
    conditions = [f'"{name}" = any(?)' for name in _emails(erasure, schema, table, endpoint)]
    values: list[Any] = [list(spelled) for _ in conditions]
    for store in sorted({store for store, _ in accounts}) if endpoint.person in there else ():
        conditions.append(f'(store = ? and "{endpoint.person}" = any(?))')
        values += [store, sorted(number for name, number in accounts if name == store)]
    return " or ".join(conditions) or "false", values


def _blank_list(
    erasure: Erasure,
    schema: str,
    table: str,
    endpoint: Endpoint,
    accounts: Mapping[str, set[tuple[str, int]]],
) -> None:
    """Takes what is personal out of the person's rows of a list, and out of what is nested in them."""
    spelled = _spelled(erasure, f"{schema}.{table}", _emails(erasure, schema, table, endpoint))
    where, values = _where(erasure, schema, table, endpoint, spelled, accounts.get(schema, set()))
    found = erasure.connection.execute(
        f'select store, "{endpoint.key}" from {schema}.{table} where {where}', values
    ).fetchall()
    keys = {store: [key for name, key in found if name == store] for store in {store for store, _ in found}}
    for name, declared, sensitive in _parts(endpoint):
        key = endpoint.key if name == table else endpoint.parent_key
        columns = _to_blank(erasure.tables.get((schema, name), {}), declared, sensitive)
        for store in keys if columns else ():
            erasure.connection.execute(
                f'update {schema}.{name} set {", ".join(columns)} where store = ? and "{key}" = any(?)',
                [store, keys[store]],
            )
    if found:
        erasure.rows[endpoint.name] = len(found)


def _blank_items(erasure: Erasure, schema: str, endpoint: Endpoint) -> None:
    """Takes the person out of items of their own in somebody else's rows: a certificate that was for them."""
    for child, names in endpoint.inner_people.items():
        there = erasure.tables.get((schema, child.name), {})
        if "email" not in there:
            continue
        spelled = _spelled(erasure, f"{schema}.{child.name}", ["email"])
        columns = ", ".join(f'"{name}" = null' for name in names if name in there)
        found = erasure.connection.execute(
            f'select distinct store, "{endpoint.parent_key}" from {schema}.{child.name} where email = any(?)',
            [spelled],
        ).fetchall()
        erasure.connection.execute(
            f"update {schema}.{child.name} set {columns} where email = any(?)", [spelled]
        )
        if found:
            erasure.rows[endpoint.name] = erasure.rows.get(endpoint.name, 0) + len(found)


def _blank_mentions(erasure: Erasure, schema: str, endpoint: Endpoint) -> None:
    """Empties free texts and undeclared values that have the address, in whoever's rows they stand."""
    tables = [(endpoint.name, ()), *((child.name, child.path) for child in endpoint.children)]
    for table, path in tables:
        there = erasure.tables.get((schema, table), {})
        texts = [(*path, *name.split("__")) for name, kind in there.items() if kind in TEXTS]
        for each in free_texts(endpoint, texts):
            name = "__".join(each[len(path) :])
            if name != "store" and not name.startswith("_"):
                count = _empty_texts(
                    erasure, f"{schema}.{table}", name, lambda text: erasure.email in mentioned(text)
                )
                if count:
                    erasure.rows[endpoint.name] = erasure.rows.get(endpoint.name, 0) + count


def _empty_texts(erasure: Erasure, table: str, name: str, has_address: Callable[[str], bool]) -> int:
    """Empty a column where a text with an at sign has the address; return how many rows that are."""
    text = f'cast("{name}" as text)'
    where = " or ".join(f"lower({text}) like ?" for _ in AT_SIGNS)
    rows = erasure.connection.execute(
        f"select {text}, count(*) from {table} where {where} group by 1", [f"%{sign}%" for sign in AT_SIGNS]
    )
    found: dict[str, int] = {}
    while row := rows.fetchone():
        found |= {row[0]: row[1]} if has_address(row[0]) else {}
    if found:
        erasure.connection.execute(
            f'update {table} set "{name}" = null where {text} = any(?)', [sorted(found)]
        )
    return sum(found.values())


def _to_blank(there: Mapping[str, str], declared: set[str], sensitive: set[str]) -> list[str]:
    """What is personal, and what nobody has declared and so may be."""
    unknown = {name for name in there if name not in declared and not name.startswith("_")}
    return [f'"{name}" = null' for name in there if name in sensitive | unknown]


def _parts(endpoint: Endpoint) -> Iterator[tuple[str, set[str], set[str]]]:
    """Each table a list makes: its name, the columns we know of, and which of them are personal."""
    page = empty_table({"store": "text", **endpoint.fields})
    paths = {tuple(name.split("__")) for name in endpoint.sensitive}
    children = () if endpoint.within else endpoint.children
    inside = {path for path in paths for child in children if path[: len(child.path)] == child.path}
    own = {"__".join(path) for path in paths - inside}
    yield endpoint.name, {*parent_table(page, endpoint.key).column_names, "position"}, own
    for child in children:
        columns = set(child_table(page, child, endpoint.parent_key, key=endpoint.key).column_names)
        yield child.name, columns, _below(child, paths) & columns


def _below(child: Child, paths: set[tuple[str, ...]]) -> set[str]:
    """The columns of a nested list's table that paths lead to."""
    depth = len(child.path)
    return {"__".join(path[depth:]) for path in paths if path[:depth] == child.path}


def _blank_ops(erasure: Erasure) -> None:
    """Rows that were set aside lose what others lost; whatever else has the address in a text loses it."""
    _blank_rejected(erasure)
    for (schema, table), columns in erasure.tables.items():
        is_ours = schema == "ops" and table != "sync_rows"  # its keys say what to delete elsewhere
        for column in (name for name, kind in columns.items() if kind in TEXTS and is_ours):
            _empty_texts(
                erasure, f"ops.{table}", column, lambda text: erasure.email in bare(_unescaped(text))
            )
        if schema.startswith("raw_") and schema.endswith("_staging"):
            erasure.connection.execute(f"delete from {schema}.{table}")


def _unescaped(text: str) -> str:
    r"""A text with the signs that JSON writes as `\u200b`, and without those it writes as `\t`."""
    signs = ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else "", text)
    return signs.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _blank_rejected(erasure: Erasure) -> None:
    erased = frozenset(
        subject for (subject,) in erasure.connection.execute("select subject from ops.erasures").fetchall()
    )
    endpoints = {endpoint.name: endpoint for _, _, endpoint in _lists()}
    rows = erasure.connection.execute(
        "select store, resource, record_id, raw_json from ops.rejected_rows"
    ).fetchall()
    for store, resource, record_id, text in rows:
        row = json.loads(text or "null")
        if resource not in endpoints or not isinstance(row, Mapping):
            continue
        left = Veil(endpoints[resource], store, sealer(erasure.salt), {}, erased).over_json(row)
        if left != row:
            erasure.connection.execute(
                "update ops.rejected_rows set raw_json = ?"
                " where store = ? and resource = ? and record_id = ?",
                [as_json(left), store, resource, record_id],
            )
            erasure.rows["rejected_rows"] = erasure.rows.get("rejected_rows", 0) + 1


def _forget_keys(erasure: Erasure, accounts: Mapping[str, set[tuple[str, int]]]) -> None:
    """Where models do not write, rows go that are known by a key made of nothing but the address.

    Whatever destinations may have been sent is marked, so that it is deleted there and never sent again.
    """
    forgotten = {_account_key(*each) for found in accounts.values() for each in found}
    if not erasure.has("marts", "dim_customers"):
        forget_customers(erasure.connection, sorted(forgotten))
        return
    spelled = _spelled(erasure, "marts.dim_customers", ["email_normalised"])  # an earlier build's own way
    known = erasure.connection.execute(
        "select customer_key, customer_id from marts.dim_customers where email_normalised = any(?)", [spelled]
    ).fetchall()
    forget_customers(erasure.connection, sorted(forgotten | {key for key, _ in known}))
    guests = [key for key, number in known if number is None]
    for (schema, table), columns in erasure.tables.items():
        if schema == "snapshots" and "customer_key" in columns:
            erasure.connection.execute(f"delete from {schema}.{table} where customer_key = any(?)", [guests])


def _account_key(store: str, number: int) -> str:
    """The key that the models give an account: `account_key` of `sql/macros/entity_key.sql`."""
    return md5(f"{store}|account|{number}".encode(), usedforsecurity=False).hexdigest()
