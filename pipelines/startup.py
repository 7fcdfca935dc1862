"""What makes a short command shorter."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder


class _NoPandas(MetaPathFinder):
    """Finds no pandas, whether it is installed or not."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)


def spare_pandas() -> None:
    """Keeps pyarrow from importing pandas with its first array, a tenth of a sync without news (measured).

    pyarrow looks for it once, to know frames when it is given any, and looks again when a frame is asked of
    it (`to_pandas`). Single values of pandas (`NaT`, `Timestamp`) stay unknown to it, though: only for a
    process that makes no arrays of what comes from pandas, and before its first array.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    blind = _NoPandas()
    sys.meta_path.insert(0, blind)
    try:
        pa.array([])  # of no given type: to infer one, it looks a second time
    finally:
        sys.meta_path.remove(blind)
