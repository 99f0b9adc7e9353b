"""Limits of sums, integrals and limits: "from k equals one to n", "as x goes to zero"."""

from __future__ import annotations

from msgspec.structs import replace

from narrate.reading.mathematics.speaker import Speaker
from narrate.reading.mathematics.symbols import INTEGRALS
from narrate.reading.mathematics.tree import Name, Node, Script, Table, items, sign


def limits(s: Speaker, name: str, node: Script) -> str:
    """The words between the sign's name and "of"."""
    s = replace(s, noun=True, beside=False, bar="such that")
    if node.sub is None:
        return f" to {s.say(node.sup).words}" if node.sup is not None else ""
    below = _below(s, node.sub)
    if name.startswith("lim"):
        return f" as {below}"
    if node.sup is not None:
        comma = "," if below.count(" ") > 2 and name in INTEGRALS else ""
        return f" from {below}{comma} to {s.say(node.sup).words}"
    start = any(sign(item, "=") for item in items(node.sub)) and name in "∑∏⋃⋂⨁⨂"
    return f" {'from' if start else 'over'} {below}"


def _below(s: Speaker, sub: Node) -> str:
    if isinstance(sub, Table):
        return " and ".join(s.say(cell).words for row in sub.rows for cell in row)
    names = all(isinstance(item, Name) or sign(item, ",") for item in items(sub))
    said = s.say(sub).words
    return said.replace(", ", " and ") if names else said
