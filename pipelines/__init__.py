"""kassavirta: an online store's whole history in DuckDB; its public names are dlt sources for your own."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.sources.cscart import cscart
    from pipelines.sources.mycashflow import mycashflow

__all__ = ["cscart", "mycashflow"]


def __getattr__(name: str) -> Any:
    """Imports a source when it is asked for: dlt is heavy, `kassavirta --help` is not."""
    if name in __all__:
        from importlib import import_module

        return getattr(import_module(f"pipelines.sources.{name}"), name)
    raise AttributeError(f"module 'pipelines' has no attribute {name!r}")
