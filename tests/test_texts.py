"""One rule for addresses and texts: Python, DuckDB and PostgreSQL say the same of every spelling."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from pipelines.extract.privacy import sealer
from pipelines.texts import INVISIBLE, bare, normalised_email
from tests.database import running_cluster, words_of

MACROS = Path(__file__).parents[1] / "sql/macros"
# What the list of faults names, and signs of the same kind.
NAMED = [*range(0x9, 0xE), 0x20, 0xA0, 0xAD, 0x1680, *range(0x2000, 0x2010), *range(0x2028, 0x2030)]
NAMED += [*range(0x205F, 0x2065), 0x3000, 0xFEFF]
ALIKE = [0x01, 0x08, 0x1F, 0x7F, 0x85, 0x9F, 0x34F, 0x61C, 0x115F, 0x180E, 0x2066, 0x2069, 0x206F, 0x3164]
ALIKE += [0xFE00, 0xFE0F, 0xFFA0, 0xFFF9, 0xE0001, 0xE0020, 0xE0100, 0xE01EF]
# Letters whose case or composition warehouses and languages do not agree on, each with its sisters.
ODD = "\u0130I\u0131iKk\u212a\u00c5\u212b\u00e5\u03a3\u03c3\u03c2\u00df\u1e9e\u2126\u03a9\u03c9"
ODD += "\ufb01\u01f0Jj\u0390\u1fb3\u1fbcA\u00c4a\u00e4\u0307\u0308\u030c\u0301\u0345\u0327"

Rule = Callable[[Sequence[str]], list[str | None]]


def macro(name: str, dialect: str) -> str:
    """What a macro makes of the column `x` in one of the warehouses."""
    text = "".join(path.read_text() for path in (MACROS / "text.sql", MACROS / "dbt/unicode.sql"))
    environment = Environment(autoescape=False)
    environment.globals["return"] = lambda value: value

    class Adapter:
        def dispatch(self, name: str, package: str) -> Any:
            found = getattr(module, f"{dialect}__{name}", None)
            return found or getattr(module, f"default__{name}")

    module: Any = environment.from_string(text, {"adapter": Adapter()}).module
    return str(getattr(module, name)("x"))


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[[str], tuple[Rule, Rule]]]:
    """A macro as two functions over many texts, one for each warehouse."""
    with duckdb.connect() as duck, running_cluster() as cluster, cluster.database("texts") as server:
        postgres = psycopg2.connect(**words_of(server))

        def both(name: str) -> tuple[Rule, Rule]:
            one = f"select {macro(name, 'duckdb')} from (select unnest(?::text[]) as x) as t"
            other = f"select {macro(name, 'postgres')} from unnest(%s::text[]) with ordinality as t(x, n)"
            return (
                lambda texts: [row for (row,) in duck.execute(one, [list(texts)]).fetchall()],
                lambda texts: asked(
                    postgres, f"{other} order by n".replace("%", "%%").replace("%%s", "%s"), texts
                ),
            )

        yield both
        postgres.close()


def asked(connection: Any, sql: str, texts: Sequence[str]) -> list[str | None]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(texts)])
        return [row for (row,) in cursor.fetchall()]


def is_old(sign: str) -> bool:
    """Whether a sign is in Unicode 3.2: newer ones, the warehouses' releases may not know alike."""
    return unicodedata.ucd_3_2_0.category(sign) != "Cn"


SIGNS = st.sampled_from([*map(chr, NAMED), *map(chr, ALIKE)])
LETTERS = st.sampled_from([*ODD, *"annaANNA.@@"]) | st.characters(
    exclude_categories=("Cs",), exclude_characters="\0"
).filter(is_old)
TEXTS = st.lists(st.lists(SIGNS | LETTERS, max_size=14).map("".join), min_size=20, max_size=40)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(texts=TEXTS)
def test_an_address_is_the_same_in_python_and_in_both_warehouses(
    ask: Callable[[str], tuple[Rule, Rule]], texts: list[str]
) -> None:
    expected = [normalised_email(text) for text in texts]
    for rule in ask("normalised_email"):
        assert rule(texts) == expected
    again = [address for address in expected if address]
    assert [normalised_email(address) for address in again] == again


@settings(max_examples=80, deadline=None, derandomize=True)
@given(texts=TEXTS)
@pytest.mark.parametrize("name", ["tidy_text", "lower_text", "upper_text"])
def test_a_text_is_the_same_in_both_warehouses(
    ask: Callable[[str], tuple[Rule, Rule]], name: str, texts: list[str]
) -> None:
    texts = [unicodedata.normalize("NFC", text) for text in texts]
    one, other = ask(name)
    assert one(texts) == other(texts)


def test_every_sign_is_told_alike(ask: Callable[[str], tuple[Rule, Rule]]) -> None:
    """Whether it shows, and in which case: every code point that is a text of its own."""
    signs = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
    signs = [sign for sign in signs if is_old(sign) or not bare(sign)]
    texts = [f"a{sign}@b" for sign in signs]
    expected = [normalised_email(text) for text in texts]
    for rule in ask("normalised_email"):
        assert rule(texts) == expected
    shown = [None if not bare(sign) else unicodedata.normalize("NFC", sign) for sign in signs]
    for rule in ask("tidy_text"):
        assert rule(signs) == shown


def test_one_list_of_signs_that_show_nothing() -> None:
    text = (MACROS / "text.sql").read_text()
    module: Any = Environment(autoescape=False).from_string(text).module
    assert str(module.invisible_signs()).split() == INVISIBLE.split()


def test_what_shows_nothing_is_all_of_it() -> None:
    """All that the list of faults names, all white space, all control and format signs."""
    assert [code for code in (*NAMED, *ALIKE) if bare(chr(code))] == []
    kinds = {code: unicodedata.category(chr(code)) for code in range(0x110000)}
    formats = {0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    seen = [
        code for code, kind in kinds.items() if kind in ("Cc", "Cf", "Zs", "Zl", "Zp") and bare(chr(code))
    ]
    assert [code for code in seen if code not in formats and not 0x13430 <= code <= 0x1345F] == []


@pytest.mark.parametrize(
    ("spelling", "address"),
    [
        *((f"{chr(code)}an{chr(code)}na@example.fi{chr(code)}", "anna@example.fi") for code in NAMED),
        ("ANNA@EXAMPLE.FI", "anna@example.fi"),
        ("ja\u0308ppinen@example.fi", "j\u00e4ppinen@example.fi"),
        ("JA\u200b\u0308PPINEN@example.fi", "j\u00e4ppinen@example.fi"),
        ("AL\u0130@example.com", "ali@example.com"),
        ("ALI\u0307@example.com", "ali@example.com"),
        ("\u212aaisa@example.fi", "kaisa@example.fi"),
        ("\u212bsa@example.fi", "\u00e5sa@example.fi"),
        ("\u039d\u0399\u039a\u039f\u03a3@example.com", "\u03bd\u03b9\u03ba\u03bf\u03c3@example.com"),
        ("\u03bd\u03b9\u03ba\u03bf\u03c2@example.com", "\u03bd\u03b9\u03ba\u03bf\u03c3@example.com"),
        ("STRA\u1e9eE@example.com", "stra\u00dfe@example.com"),
        ("J\u030cANA@example.com", "\u01f0ana@example.com"),
        *((text, None) for text in ("", "@", "a@", "@b", "@@", "\u200b@b", "a@\ufeff", "not given")),
        *((text, text) for text in ("a@b", "@@@", "a@b@", "@a@b")),
    ],
)
def test_addresses_by_hand(
    ask: Callable[[str], tuple[Rule, Rule]], spelling: str, address: str | None
) -> None:
    assert normalised_email(spelling) == address
    for rule in ask("normalised_email"):
        assert rule([spelling]) == [address]


@pytest.mark.parametrize(
    ("name", "text", "tidy"),
    [
        ("tidy_text", "\t", None),
        ("tidy_text", "\u200b \ufeff", None),
        ("tidy_text", "Turku\t", "Turku"),
        ("tidy_text", "\u00adUusi\u00a0 Kaupunki\u2003", "Uusi\u00a0 Kaupunki"),
        ("tidy_text", "Jyva\u0308skyla\u0308", "Jyv\u00e4skyl\u00e4"),
        ("tidy_text", "  x  y ", "x  y"),
        ("upper_text", "Gie\u00dfen", "GIESSEN"),
        ("upper_text", "GIE\u1e9eEN", "GIESSEN"),
        ("upper_text", "Jyv\u00e4skyl\u00e4", "JYV\u00c4SKYL\u00c4"),
        ("lower_text", "JYVA\u0308SKYLA\u0308", "jyv\u00e4skyl\u00e4"),
    ],
)
def test_texts_by_hand(
    ask: Callable[[str], tuple[Rule, Rule]], name: str, text: str, tidy: str | None
) -> None:
    for rule in ask(name):
        assert rule([text]) == [tidy]


def test_a_hash_of_a_tidy_address_is_the_one_of_earlier_releases() -> None:
    assert sealer("pepper")(bare(" Anna@Example.com")) == sealer("pepper")("anna@example.com")
