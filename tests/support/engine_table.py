"""The table of engines in docs/engines.md, made from the engines themselves."""

from __future__ import annotations

from narrate.engines import registry

MANY = 12
"""An engine with more languages than this has their number in the table."""


def table() -> list[str]:
    """The rows: name, what the module's docstring says of it, kinds of voice, languages."""
    return [_row(name) for name in registry.built_in()]


def _row(name: str) -> str:
    engine = registry.capabilities(name)
    first = (registry.module(name).__doc__ or "").strip().partition("\n\n")[0]
    what = " ".join(first.split()).removeprefix(f"{name}: ").rstrip(".")
    languages = engine.languages
    spoken = " ".join(languages) if len(languages) <= MANY else f"{len(languages)} languages"
    return f"| `{name}` | {what} | {', '.join(engine.voices)} | {spoken} |"
