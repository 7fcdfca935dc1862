"""What a configuration file says, as what it should be; every problem is added to a list, none is raised."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

WORDS = {
    str: "text",
    bool: "true or false",
    float: "number",
    int: "whole number above zero",
    dict: "section",
    list: "list of names",
}


def typed(where: str, values: Any, keys: Mapping[str, type], problems: list[str]) -> dict[str, Any]:
    """The values of a section under its known keys; the others, and what is of another kind, are problems."""
    if not isinstance(values, Mapping):
        problems.append(f"{where} is no section")
        return {}
    typed: dict[str, Any] = {}
    for name, value in values.items():
        if name not in keys:
            problems.append(f"unknown key {where}.{name}, expected one of {', '.join(keys)}")
            continue
        try:
            typed[name] = _convert(value, keys[name])
        except (ValueError, TypeError, KeyError):
            problems.append(f"{where}.{name} is no {WORDS[keys[name]]}")
    return typed


def _convert(value: Any, kind: type) -> Any:
    """The value as its kind; text from the environment is read, anything else must be right already."""
    if kind is bool and isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}[value.lower()]
    if kind is list:
        names = value.split(",") if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise TypeError
        return [name.strip() for name in names]
    if kind in (int, float) and isinstance(value, str | int | float) and not isinstance(value, bool):
        number = kind(value)
        if not isfinite(number) or number < (1 if kind is int else 0) or number != float(value):
            raise ValueError
        return number
    if not isinstance(value, kind):
        raise TypeError
    return value


def literal(value: Any) -> Any:
    """A value; what the environment can only say as a text, such as `[30, 90]`, is what it looks like."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def flat(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The values of sections within sections; the environment makes one at every `__`."""
    for name, value in section.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}__")
        else:
            yield f"{prefix}{name}", str(value)


def merge(into: dict[str, Any], new: Mapping[str, Any]) -> None:
    """Puts a document into another, section by section; the new one wins, and is part of it afterwards."""
    for name, value in new.items():
        if isinstance(value, Mapping) and isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into[name] = value


def overlay(document: dict[str, Any], environment: Mapping[str, str], sections: Sequence[str]) -> None:
    """Puts variables such as `STORES__MAIN__KEY` into a document, those of its sections; they win."""
    for variable, value in environment.items():
        path = variable.lower().split("__")
        if path[0] in sections and len(path) > 1:
            section: dict[str, Any] = {path[-1]: value}
            for name in reversed(path[:-1]):
                section = {name: section}
            merge(document, section)


def listed(names: Any) -> str:
    """Names after each other, for a sentence."""
    return ", ".join(names) or "none"


def either(names: Any) -> str:
    """Names to choose from, for a sentence."""
    return " or ".join(repr(name) for name in names)
