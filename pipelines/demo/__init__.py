"""The demo store: an outside witness that looks like MyCashflow and knows its own true figures.

It shares nothing with the rooms it is a witness for: standard library only. `python -m
pipelines.demo` serves it.
"""
