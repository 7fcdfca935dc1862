"""Values that nobody may read, made into values that can only be compared."""

from __future__ import annotations

import hmac
from collections.abc import Callable


def sealer(salt: str) -> Callable[[str], str]:
    """A function from a value to its salted hash (HMAC-SHA256, 64 hex digits), always the same."""

    def seal(value: str) -> str:
        return hmac.new(salt.encode(), value.encode(), "sha256").hexdigest()

    return seal
