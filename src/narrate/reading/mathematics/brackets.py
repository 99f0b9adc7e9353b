"""Brackets: quantities, lists, intervals, sets, norms, absolute values."""

from __future__ import annotations

import re

from msgspec.structs import replace

from narrate.reading.mathematics import letters, lists, scripts
from narrate.reading.mathematics.limits import limits
from narrate.reading.mathematics.phrase import Level, Phrase, listed
from narrate.reading.mathematics.speaker import Speaker
from narrate.reading.mathematics.symbols import RELATIONS
from narrate.reading.mathematics.tree import (
    Choose,
    Fence,
    Mark,
    Name,
    Node,
    Number,
    Row,
    Script,
    Symbol,
    Table,
    base,
    items,
    sign,
)

_NAMED = {
    ("|", "|"): "absolute value",
    ("‖", "‖"): "norm",
    ("⌊", "⌋"): "floor",
    ("⌈", "⌉"): "ceiling",
}
_TUPLES = {2: "the pair", 3: "the triple"}
_NORMS = {"F": "Frobenius", "∗": "nuclear"}


def fence(s: Speaker, node: Fence) -> Phrase:
    """A part in brackets or bars, by the kind of its brackets."""
    s = replace(s, noun=False, beside=False)
    content = node.inside.items
    if (node.open, node.close) in _NAMED:
        return _named(s, node)
    if not content:
        return _empty(s, node)
    if node.open == "⟨" or node.close == "⟩":
        return _angle(s, node)
    if (node.open, node.close) == ("{", "}"):
        return _set(s, node)
    if node.open == "{" and not node.close or node.close == "|" and not node.open:
        return s.say(node.inside)
    if node.open in ("(", "[") and node.close in (")", "]"):
        return _round(s, node)
    raise s.fail(f"no words for '{node.open}' with '{node.close}'", node.open or node.close)


def _empty(s: Speaker, node: Fence) -> Phrase:
    if node.open == "{":
        return Phrase("the empty set")
    raise s.fail("the brackets are empty", node.open)


def _named(s: Speaker, node: Fence) -> Phrase:
    name = _NAMED[node.open, node.close]
    content = node.inside.items
    if not content:
        raise s.fail("the bars are empty", node.open)
    if node.open == "|" and len(content) == 1 and letters.is_vector(content[0]):
        name = "magnitude"
    if node.open == "|" and s.sets and _is_set(content):
        name = "size"
    if node.open == "|" and isinstance(content[0], Table) and len(content) == 1:
        return Phrase(f"the determinant of {s.say(content[0]).words}", open=True)
    return s.ended(f"the {name} of", s.say(node.inside), name)


def _is_set(content: tuple[Node, ...]) -> bool:
    """Whether bars hold a set: a capital letter, or sets joined."""
    return all(letters.is_upper(base(item)) or sign(item, "∪", "∩", "∖", "×") for item in content)


def _round(s: Speaker, node: Fence) -> Phrase:
    """Parentheses or brackets: an interval, a list or a quantity."""
    content = node.inside.items
    parts = lists.split(content, lists.comma)
    if len(content) == 1 and isinstance(content[0], Table | Choose):
        return s.say(content[0])
    if len(parts) == 2 and _is_commutator(node):
        return s.ended("the commutator of", Phrase(_both(s, parts), Level.LIST), "commutator")
    if len(parts) == 2 and _is_interval(node, parts):
        return _interval(s, node, parts)
    if len(parts) > 1 and any(sign(item, *RELATIONS) for item in content) and not s.exact:
        return Phrase(", ".join(lists.listing(s, parts)), Level.LIST, open=True)
    if len(parts) > 1:
        name = "the list" if node.open == "[" else _TUPLES.get(len(parts), "the tuple")
        return _list(s, name, parts)
    if node.open == "[" and any(sign(item, "∣") for item in content) and not s.exact:
        augmented = replace(s, bar="augmented with").say(node.inside)
        return Phrase(f"the matrix {augmented.words}", open=True)
    if is_modulus(node):
        return Phrase(f"modulo {s.say(Row(content[1:])).words}")
    negative = len(content) == 2 and sign(content[0], "−") and isinstance(content[1], Number)
    if negative and not s.exact:
        return Phrase(s.say(node.inside).words, open=True)
    return s.quantity(s.say(node.inside), node.open, node.close)


def is_modulus(node: Node) -> bool:
    """Whether the node is the `(mod n)` of a congruence."""
    content = node.inside.items if isinstance(node, Fence) else ()
    return len(content) > 1 and getattr(content[0], "text", "") == "mod"


def _list(s: Speaker, name: str, parts: list[tuple[Node, ...]]) -> Phrase:
    said = ", ".join(lists.listing(s, parts))
    return s.ended(name, Phrase(said, Level.LIST), name.removeprefix("the "))


def _is_commutator(node: Fence) -> bool:
    """Whether square brackets hold two operators or matrices, not the ends of an interval."""
    content = [item for item in node.inside.items if not sign(item, ",")]
    operators = all(
        isinstance(item, Mark) and item.word == "hat" or letters.is_upper(base(item))
        for item in content
    )
    return (node.open, node.close) == ("[", "]") and len(content) == 2 and operators


def _both(s: Speaker, parts: list[tuple[Node, ...]]) -> str:
    return " and ".join(s.say(Row(part)).words for part in parts)


def _is_interval(node: Fence, parts: list[tuple[Node, ...]]) -> bool:
    """Half-open brackets, infinity, or square brackets around two ends."""
    infinite = any(sign(item, "∞") for part in parts for item in part)
    return infinite or (node.open, node.close) != ("(", ")")


def interval(s: Speaker, node: Fence) -> Phrase:
    """Brackets that hold the ends of an interval if they hold two things."""
    parts = lists.split(node.inside.items, lists.comma)
    if len(parts) == 2 and node.open in ("(", "[") and node.close in (")", "]"):
        return _interval(s, node, parts)
    return s.say(node)


def _interval(s: Speaker, node: Fence, parts: list[tuple[Node, ...]]) -> Phrase:
    start, end = (s.say(Row(part)).words for part in parts)
    kinds = {("[", "]"): "closed ", ("(", ")"): "open "}
    kind = kinds.get((node.open, node.close), "")
    if kind:
        return Phrase(f"the {kind}interval from {start} to {end}", open=True)
    ends = ("included", "excluded") if node.open == "[" else ("excluded", "included")
    words = f"the interval from {start} {ends[0]} to {end} {ends[1]}"
    return Phrase(words, open=True)


def _set(s: Speaker, node: Fence) -> Phrase:
    """A set: its elements, or what they are such that."""
    content = node.inside.items
    if any(sign(item, "∣", ":") for item in content):
        inside = replace(s, bar="such that").say(Row(content))
        words = inside.words
        for one in _TUPLES.values():
            words = re.sub(f"^{one} ", f"{one.removeprefix('the ')}s ", words)
        return s.ended("the set of all", replace(inside, words=words), "set")
    parts = lists.listing(s, lists.split(content, lists.comma))
    dotted = any(part.startswith(("and so on", "up to")) for part in parts) or s.exact
    said = ", ".join(parts) if dotted else listed(parts)
    return s.ended("the set containing", Phrase(said, Level.LIST), "set")


def _angle(s: Speaker, node: Fence) -> Phrase:
    """Inner products, averages, and bras and kets."""
    if node.open == "|":
        return Phrase(f"ket {s.say(node.inside).words}")
    if node.close == "|":
        return Phrase(f"bra {s.say(node.inside).words}")
    content = node.inside.items
    bars = [at for at, item in enumerate(content) if sign(item, "∣")]
    if bars:
        sides = [*zip([0, *(b + 1 for b in bars)], [*bars, len(content)], strict=True)]
        said = [s.say(Row(content[a:b])).words for a, b in sides]
        return Phrase(f"bra {' '.join(said[:-1])} ket {said[-1]}")
    parts = lists.listing(s, lists.split(content, lists.comma))
    if len(parts) == 2:
        return s.ended("the inner product of", Phrase(" and ".join(parts), Level.LIST), "product")
    return s.ended("the average of", Phrase(", ".join(parts), Level.LIST), "average")


def scripted(s: Speaker, node: Script) -> Phrase | None:
    """A bracket whose script means something of its own: `\\|x\\|_2`, `(AB)_{ij}`."""
    core = node.base
    if not isinstance(core, Fence):
        return None
    if (core.open, core.close) == ("‖", "‖") and node.sub is not None:
        return _norm(s, core, node)
    bounds = (core.open, core.close) == ("[", "]") and node.sub is not None is not node.sup
    if core.close == "|" and not core.open or bounds:
        return _evaluated(s, core, node)
    if core.open in ("{", "(") and node.sub is not None and _ranges(node.sub):
        return _sequence(s, core, node)
    entry = core.open in ("(", "[") and node.sub is not None and node.sup is None
    return _entry(s, core, node) if entry and not s.exact else None


def _norm(s: Speaker, core: Fence, node: Script) -> Phrase:
    sub = node.sub
    kind = getattr(sub, "text", "")
    word = _NORMS.get(kind) or (s.say(sub).words if sub is not None else "")
    said = s.ended(f"the {word} norm of", s.say(core.inside), "norm")
    return scripts.raised(s, said, core, node.sup)


def _evaluated(s: Speaker, core: Fence, node: Script) -> Phrase:
    inside = s.say(core.inside)
    below = s.say(node.sub).words if node.sub is not None else ""
    loose = "," in inside.words and not s.exact
    pause = "," if inside.open or loose or inside.level > Level.PRODUCT else ""
    restricted = all(letters.is_upper(item) for item in items(node.sub))
    if node.sup is None and restricted:
        words = f"restricted to {below}"
    elif node.sup is not None:
        words = f"evaluated from {below} to {s.say(node.sup).words}"
    else:
        words = f"evaluated at {below}"
    return Phrase(f"{inside.words}{pause} {words}", Level.PRODUCT, open=True)


def _ranges(sub: Node) -> bool:
    return any(isinstance(item, Symbol) and item.text in "=∈≥" for item in items(sub))


def _sequence(s: Speaker, core: Fence, node: Script) -> Phrase:
    return Phrase(f"the sequence {s.say(core.inside).words},{limits(s, '∑', node)}", open=True)


def _entry(s: Speaker, core: Fence, node: Script) -> Phrase | None:
    assert node.sub is not None
    index = scripts.index(s, node.sub)
    names = [item for item in core.inside.items if isinstance(base(item), Name)]
    if index is None or not names or len(index.split()) != 2:
        return None
    return Phrase(f"the {index} entry of {s.say(core.inside).words}", Level.PRODUCT, open=True)
