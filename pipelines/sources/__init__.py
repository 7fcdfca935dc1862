"""Stores we can read: one package per platform, with how it talks, what it has and how it is offered."""
