"""When so much is gone at once that a person is asked: one rule for what a store has and what is sent."""

from __future__ import annotations

# Gone at once: more than so many rows that are also more than this share are not believed.
FEW_ROWS = 20
LARGE_SHARE = 0.2


def is_too_much(gone: int, before: int) -> bool:
    """Whether so many rows gone, of so many that were there, are too many to believe without a person."""
    return gone > FEW_ROWS and gone > LARGE_SHARE * before
