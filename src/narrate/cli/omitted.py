"""What of a script is not spoken, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from narrate.base.text import printable, shortened
from narrate.script import Omission
from narrate.script.model import by_kind


def total(omissions: Sequence[Omission]) -> list[str]:
    """One line that counts what is not spoken by its kind; none if everything is."""
    if not omissions:
        return []
    return [f"not spoken: {by_kind(omissions)} (narrate plan -v lists them)"]


def listed(omissions: Sequence[Omission]) -> Iterator[str]:
    """A line for each part that is not spoken: its place, its kind and its text."""
    for omission in omissions:
        text = shortened(printable(omission.text[:200]), 60)
        yield f"not spoken  {omission.where}  {omission.kind}: {text}"


def entries(omissions: Sequence[Omission]) -> list[dict[str, str]]:
    """Each part that is not spoken, as JSON."""
    return [
        {"where": omission.where, "kind": omission.kind, "text": omission.text}
        for omission in omissions
    ]
