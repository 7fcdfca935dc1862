"""The macros of money, held against Python's Decimal: what fits is exact, and nothing stops a build."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import psycopg2
import pytest
from jinja2 import Environment

from tests.database import running_cluster, url_of

Ask = Callable[[str], list[Any]]
Pairs = Sequence[tuple[Decimal, Decimal]]

MACROS = Path(__file__).parents[1] / "sql/macros"
FILES = ("quotients.sql", "arithmetic.sql", "money.sql", "shares.sql")
TOO_LARGE = 2 * Decimal(10) ** 15
RATES = ("0", "25.5", "27", "14", "100", "8", "0.000001", "-99.999999", "-100", "999999999999.999999")
EDGES = (
    *("0", "0.000001", "0.005", "0.01", "0.015", "1", "2.5", "37100", "40000", "31872.51", "1000000"),
    *("99999999", "100000000", "20000000", "999999999999.99", "999999999999.999999"),
)
SIGNS = (1, -1)
# Of days, places, ids and signs, and in doubles: nothing of it can be too large.
MULTIPLYING = {
    *("dim_dates", "met_list_overview", "seg_at_risk", "seg_second_order_due", "seg_win_back"),
    *("int_orders_out_of_range", "int_order_parts_priced", "int_cscart__order_tax_modes"),
    *("int_cscart__order_items", "seg_vip"),
}


def rendered(call: str) -> str:
    """The SQL of a call of a macro."""
    texts = [(MACROS / name).read_text(encoding="utf-8") for name in FILES]
    return Environment().from_string("\n".join(texts) + "{{ " + call + " }}").render().strip()


def rounded(value: Decimal, decimals: int = 2) -> Decimal:
    """Halves away from zero."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def some(rng: Random) -> Decimal:
    """A number of any size that loads: up to twelve digits before the point, up to six after it."""
    digits, places = rng.randint(0, 12), rng.randint(0, 6)
    return Decimal(rng.randint(0, 10 ** (digits + places) - 1)).scaleb(-places) * rng.choice(SIGNS)


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    """Edges with edges, and 4,000 of any size."""
    edges = [Decimal(edge) * sign for edge in EDGES for sign in SIGNS]
    rng = Random(8)
    return [*product(edges, edges), *((some(rng), some(rng)) for _ in range(4_000))]


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.slow)])
def ask(request: pytest.FixtureRequest, pairs: Pairs) -> Iterator[Ask]:
    """Results of a call of a macro for all pairs, in a table with columns `a` and `b`."""
    listed = ", ".join(f"({place}, {a}, {b})" for place, (a, b) in enumerate(pairs))
    with in_duckdb() if request.param == "duckdb" else in_postgres() as run:
        run(
            "create table pairs as select place, cast(a as decimal(18, 6)) as a,"
            f" cast(b as decimal(18, 6)) as b from (values {listed}) as listed (place, a, b)"
        )
        yield lambda call: [row[1] for row in run(f"select place, {rendered(call)} from pairs order by 1")]


@contextmanager
def in_duckdb() -> Iterator[Callable[[str], list[Any]]]:
    with duckdb.connect() as connection:
        yield lambda sql: connection.execute(sql).fetchall()


@contextmanager
def in_postgres() -> Iterator[Callable[[str], list[Any]]]:
    with running_cluster() as cluster, cluster.database("pairs") as server:
        connection = psycopg2.connect(url_of(server))

        def run(sql: str) -> list[Any]:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []

        yield run
        connection.close()


@pytest.fixture(autouse=True)
def exact() -> Iterator[None]:
    """Enough digits for every product of these numbers."""
    with localcontext(prec=80):
        yield


def assert_each(found: Sequence[Decimal | None], expected: Sequence[Decimal | None], pairs: Pairs) -> None:
    """Equal pair by pair; the first that are not are shown."""
    wrong = [each for each in zip(pairs, found, expected, strict=True) if each[1] != each[2]]
    assert wrong[:3] == []


def quotient(dividend: Decimal, divisor: Decimal, decimals: int, limit: int) -> Decimal | None:
    """Rounded once; None where there is nothing to divide by, or the limit is reached."""
    fits = abs(dividend) < abs(divisor) * Decimal(10) ** limit
    return rounded(dividend / divisor, decimals) if fits else None


def test_a_line_comes_to_price_times_quantity(ask: Ask, pairs: Pairs) -> None:
    expected = [a * b if abs(a * b) < TOO_LARGE else None for a, b in pairs]
    assert_each(ask("line_amount('a', 'b')"), expected, pairs)


@pytest.mark.parametrize(("decimals", "digits"), [(1, 18), (2, 18), (4, 18), (6, 18), (8, 28), (14, 28)])
def test_a_quotient_is_rounded_once(ask: Ask, pairs: Pairs, decimals: int, digits: int) -> None:
    expected = [quotient(a, b, decimals, digits - decimals - 1) for a, b in pairs]
    assert_each(ask(f"ratio('a', 'b', {decimals}, {digits})"), expected, pairs)


@pytest.mark.parametrize("rate", RATES)
def test_vat_is_put_on_and_taken_off_to_the_cent(ask: Ask, pairs: Pairs, rate: str) -> None:
    """Of lines, whose amounts are products; what a mart cannot hold is null."""
    factor, percent = 1 + Decimal(rate) / 100, f"cast({rate} as decimal(18, 6))"
    amounts = [a * b for a, b in pairs]
    line = "(" + rendered("line_amount('a', 'b')") + ")"
    with_vat = [
        rounded(each * factor) if abs(each) < TOO_LARGE and abs(each * factor) < TOO_LARGE else None
        for each in amounts
    ]
    without = [
        rounded(each / factor) if abs(each) < min(TOO_LARGE, factor * TOO_LARGE) else None for each in amounts
    ]
    assert_each(ask(f"amount_with_vat({line!r}, {percent!r}, 'false', 12)"), with_vat, pairs)
    assert_each(ask(f"amount_without_vat({line!r}, {percent!r}, 'true')"), without, pairs)


@pytest.mark.parametrize("rate", ["25.5", "9.33333333333333"])
def test_the_vat_of_a_discount_goes_by_an_average_rate(ask: Ask, pairs: Pairs, rate: str) -> None:
    factor, percent = 1 + Decimal(rate) / 100, f"cast({rate} as decimal(28, 14))"
    with_vat = [rounded(a * factor) for a, _ in pairs]
    without = [rounded(a / factor) for a, _ in pairs]
    assert_each(ask(f"amount_with_vat('a', {percent!r}, 'false')"), with_vat, pairs)
    assert_each(ask(f"amount_without_vat('a', {percent!r}, 'true')"), without, pairs)


def test_a_share_of_a_discount_is_exact(ask: Ask, pairs: Pairs) -> None:
    """Of amounts up to the largest, which come as money: a is the discount, b the line, of several."""
    expected = [
        rounded(rounded(a * 900) * rounded(b) / (abs(rounded(b)) * 900 + Decimal("0.07"))) for a, b in pairs
    ]
    amount, weight = "cast(cast(a as decimal(38, 6)) * 900 as decimal(38, 2))", "cast(b as decimal(18, 2))"
    total = f"(cast(abs({weight}) as decimal(38, 2)) * 900 + 0.07)"
    assert_each(ask(f"share_in_cents({amount!r}, {weight!r}, {total!r})"), expected, pairs)
    assert set(ask("share_in_cents('a', '0', '0')")) == {Decimal(0)}


def test_a_line_is_a_return_by_the_sign_of_its_amount(ask: Ask, pairs: Pairs) -> None:
    """What costs nothing comes back by its quantity."""
    expected = [a * b < 0 or (a == 0 and b < 0) for a, b in pairs]
    assert_each(ask("is_return('a', 'b')"), expected, pairs)
    assert set(ask("is_return('null', '-1')")) == {True}
    assert set(ask("is_return('-1', 'null')")) == {False}


def test_no_model_multiplies_or_divides_amounts_by_itself() -> None:
    """DuckDB would, in 18 digits and in doubles."""
    does = re.compile(r"[\w)}'] [*/] (?!from\b)[\w({']")
    models = (MACROS.parent / "models").rglob("*.sql")
    found = {path.stem for path in models if does.search(path.read_text(encoding="utf-8"))}
    assert found - MULTIPLYING == set()


def test_no_model_squeezes_what_it_computed_into_the_width_of_raw() -> None:
    """A sum of two amounts that each fit may not; nothing, a value of raw, and what is `fitted` do."""
    fits = re.compile(r"cast\(null as|cast\(\d|as quantity|^ *end as")
    above_staging = [
        path for path in (MACROS.parent / "models").rglob("*.sql") if "staging" not in path.parts
    ]
    found = {
        (path.stem, line.strip())
        for path in above_staging
        for line in path.read_text(encoding="utf-8").splitlines()
        if "decimal(18, 6)" in line and not fits.search(line)
    }
    assert found == set()
