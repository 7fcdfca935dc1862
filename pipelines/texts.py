"""Texts as they are compared: addresses of one person are one address, however they are spelled.

The models compare by the same rule: `sql/macros/text.sql`.
"""

from __future__ import annotations

import re
from unicodedata import normalize

# First and last code point, in hex, of every run of signs that show nothing: white space, control signs and
# what Unicode calls default ignorable (property Default_Ignorable_Code_Point).
INVISIBLE = """
    0000-0020 007F-00A0 00AD 034F 061C 115F-1160 1680 17B4-17B5 180B-180F 2000-200F 2028-202F
    205F-206F 3000 3164 FE00-FE0F FEFF FFA0 FFF0-FFFB 1BCA0-1BCA3 1D173-1D17A E0000-E0FFF
"""
# Python makes two signs of the dotted capital I, and another small sigma at the end of a word.
ONE_CASE = str.maketrans("\u0130\u03a3\u03c2", "i\u03c3\u03c3")


def _sign(code: str) -> str:
    return f"\\U{code:0>8}"


_SHOWS_NOTHING = re.compile(
    "[" + "".join("-".join(map(_sign, run.split("-"))) for run in INVISIBLE.split()) + "]"
)


def bare(text: str) -> str:
    """A text as it is compared: without signs that show nothing, composed (NFC), in lower case."""
    shown = normalize("NFC", _SHOWS_NOTHING.sub("", text))
    return normalize("NFC", shown.translate(ONE_CASE).lower())


def normalised_email(text: str) -> str | None:
    """An e-mail address as it is compared; None unless an @ stands between two signs."""
    address = bare(text)
    return address if "@" in address[1:-1] else None
