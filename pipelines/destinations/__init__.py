"""Where rows are sent: `open_destination` makes the destination of an account."""

from __future__ import annotations

from importlib import import_module

from pipelines.accounts import Account
from pipelines.destinations.base import Destination


def open_destination(account: Account) -> Destination:
    """The destination of an account, ready to be asked."""
    module = import_module(f"pipelines.destinations.{account.name}")
    opened: Destination = module.open_destination(account)
    return opened
