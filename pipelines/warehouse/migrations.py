"""Changes to a warehouse of an older version: secrets it must not keep, columns that models ask for.

It knows names as they were then, and not as they are declared now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipelines.warehouse.base import Connection

# What is called so may be a code that can be spent.
CODE = re.compile(r".*(certificate|gift_?cert|gift_?card|voucher).*")
TEXTS = ("VARCHAR", "JSON", "text", "character varying", "json", "jsonb")

# Of CS-Cart's tables that hold people: the columns in which objects and lists were declared.
OBJECTS: Mapping[str, tuple[str, ...]] = {
    "orders": ("shipment_ids", "doc_ids"),
    "orders__products": ("promotions", "returns_info", "extra__product_options", "extra__promotions"),
    "orders__taxes": ("applies",),
    "orders__promotions": ("bonuses",),
    "orders__coupons": ("promotion_ids",),
    "orders__shipping": ("rates",),
    "orders__fields": ("value",),
    "users": (),
    "subscribers": (),
    "carts": (),
    "stores": (),
}

# What is read of an order since then, so that models find it before anything is loaded again.
PARENT = {
    "store": "text not null",
    "order_id": "bigint not null",
    "position": "bigint",
    "_dlt_load_id": "text not null",
}
ADDED: Mapping[str, Mapping[str, str]] = {
    "orders": dict.fromkeys(
        (
            "points_info__reward",
            "points_info__price",
            "points_info__in_use__points",
            "points_info__in_use__cost",
        ),
        "decimal(18, 6)",
    )
    | {"points_info__is_gain": "text"},
    "orders__products": {"extra__exclude_from_calculate": "text"},
    "orders__gift_certificates": PARENT
    | {"gift_cert_id": "bigint", "gift_cert_code": "text", "email": "text"}
    | {"amount": "decimal(18, 6)", "subtotal": "decimal(18, 6)", "extra__exclude_from_calculate": "text"},
    "orders__use_gift_certificates": PARENT
    | {"gift_cert_id": "bigint", "gift_cert_code": "text"}
    | {"amount": "decimal(18, 6)", "cost": "decimal(18, 6)"},
    "orders__returned_products": PARENT
    | {"item_id": "bigint", "product_id": "bigint", "product_code": "text", "product": "text"}
    | {"price": "decimal(18, 6)", "amount": "decimal(18, 6)", "subtotal": "decimal(18, 6)"},
}


def hide_codes(connection: Connection) -> bool:
    """Empties what CS-Cart's add-ons had put into undeclared columns, codes of certificates among it, once.

    Returns:
        Whether anything was there.
    """
    there: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_schema = 'raw_cscart'"
    ).fetchall():
        there.setdefault(table, {})[column] = kind
    if "orders" not in there or "orders__use_gift_certificates" in there:
        return False
    emptied = [_emptied(connection, table, there.get(table, {}), known) for table, known in OBJECTS.items()]
    emptied.append(_without_rejected(connection))
    for table, columns in ADDED.items():
        _add(connection, table, columns, there.get(table, {}))
    return any(emptied)


def _emptied(connection: Connection, table: str, there: Mapping[str, str], known: tuple[str, ...]) -> bool:
    """Empty objects and lists under names that nobody had declared; return whether there were any."""
    texts = [name for name, kind in there.items() if kind in TEXTS and not name.startswith("_")]
    found = False
    for name in (name for name in texts if name not in known):
        where = f'"{name}" is not null'
        if not CODE.fullmatch(name):
            where += f" and left(cast(\"{name}\" as text), 1) in ('{{', '[')"
        rows = connection.execute(f"select count(*) from raw_cscart.{table} where {where}").fetchall()
        if rows[0][0]:
            connection.execute(f'update raw_cscart.{table} set "{name}" = null where {where}')
            found = True
    return found


def _without_rejected(connection: Connection) -> bool:
    """Empty rejected orders that had certificates, until the next load; return whether there were any."""
    where = "resource = 'orders' and raw_json like '%gift_cert%'"
    rows = connection.execute(f"select count(*) from ops.rejected_rows where {where}").fetchall()
    connection.execute(f"update ops.rejected_rows set raw_json = null where {where}")
    return bool(rows[0][0])


def _add(connection: Connection, table: str, columns: Mapping[str, str], there: Mapping[str, str]) -> None:
    if not there:
        listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"create table raw_cscart.{table} ({listed})")
    for name in (name for name in columns if there and name not in there):
        connection.execute(f'alter table raw_cscart.{table} add column "{name}" {columns[name]}')
