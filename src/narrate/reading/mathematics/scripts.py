"""Subscripts, powers and primes."""

from __future__ import annotations

from msgspec.structs import replace

from narrate.reading.mathematics import letters, numbers
from narrate.reading.mathematics.phrase import Level, Phrase, joined
from narrate.reading.mathematics.speaker import Speaker
from narrate.reading.mathematics.symbols import (
    INDEX_WORDS,
    PRIME_WORDS,
    PRIMES,
)
from narrate.reading.mathematics.tree import (
    Fence,
    Function,
    Name,
    Node,
    Number,
    Row,
    Script,
    Symbol,
    Table,
    Word,
    bare,
    base,
    items,
    sign,
)

_POWERS = {"2": "squared", "3": "cubed"}
_SIGNS = {
    "⊤": "transpose",
    "⊺": "transpose",
    "†": "dagger",
    "∗": "star",
    "*": "star",
    "⋆": "star",
    "∘": "degrees",
    "°": "degrees",
    "⊥": "perp",
    "+": "plus",
    "−": "minus",
    "×": "times",
    "♯": "sharp",
    "∘C": "degrees Celsius",
}
# In a limit: "as x goes to zero from the right".
_SIDES = {"+": "from the right", "−": "from the left"}
# `ΔG^\circ` is no angle.
_STANDARD = "EGHKS"
_MINUS_ONE = Row((Symbol("−", "bin"), Number("1")))
_MINUS_T = Row((Symbol("−", "bin"), Name("T")))


def script(s: Speaker, node: Script) -> Phrase:
    """A base with what hangs on it."""
    core = bare(node.base)
    if isinstance(core, Name) and core.variant == "double-struck" and core.text in "RNZQC":
        return _number_set(s, core, node)
    if isinstance(core, Row) and not core.items:
        return _leading(s, node)
    return hung(s, s.say(node.base), core or node.base, node)


def hung(s: Speaker, said: Phrase, core: Node, node: Script) -> Phrase:
    """A phrase with the node's subscript, primes and power after it."""
    primes, sup = _primes(node.sup)
    said = subscripted(s, said.at(Level.TERM), node.sub)
    if primes:
        said = Phrase(said.then(primes), said.level)
    return raised(s, said, core, sup)


def _leading(s: Speaker, node: Script) -> Phrase:
    """Scripts on nothing stand before a letter: `{}^{14}C`."""
    below = f"sub {s.say(node.sub).words}" if node.sub is not None else ""
    above = f"superscript {s.say(node.sup).words}" if node.sup is not None else ""
    return Phrase(joined(below, above), Level.PRODUCT)


def subscripted(s: Speaker, said: Phrase, sub: Node | None) -> Phrase:
    """A phrase with an index: "C I J", "x sub n plus one"."""
    if sub is None:
        return said
    short = index(s, sub)
    if short is None:
        inside = replace(s, beside=False, times="by").say(sub)
        return s.ended(said.then("sub"), inside, "sub")
    words = f"sub {short}" if s.exact or said.open else short
    return Phrase(said.then(words), said.level, said.open)


def index(s: Speaker, sub: Node) -> str | None:
    """An index that needs no "sub" before it, or None."""
    parts = [part for part in items(sub) if not sign(part, ",")]
    if not all(isinstance(part, Name | Number | Word | Function | Symbol) for part in parts):
        return None
    letters_only = [part.text for part in parts if isinstance(part, Name)]
    if len(letters_only) == len(parts) and "".join(letters_only) in INDEX_WORDS:
        return "".join(letters_only)
    if len(parts) < len(items(sub)) and any(map(_long, parts)):
        return ", ".join(s.say(part).words for part in parts)
    said = [_index(s, part, len(parts) > 1) for part in parts]
    return None if None in said else " ".join(part for part in said if part)


def _long(part: Node) -> bool:
    """Whether a number has digits that would run into those beside it: `x_{10,2}`."""
    return isinstance(part, Number) and len(part.text) > 1


def _index(s: Speaker, part: Node, several: bool) -> str | None:
    if isinstance(part, Number):
        pair = len(part.text) == 2 and part.text.isdecimal() and "0" not in part.text
        return numbers.spelled(part.text) if pair else numbers.cardinal(part.text)
    if isinstance(part, Symbol):
        alone = {"∗": "star", "+": "plus", "−": "minus", "⊥": "perp", "∞": "infinity", "⋆": "star"}
        return None if several else alone.get(part.text)
    if isinstance(part, Function):
        return part.text
    if isinstance(part, Name) and several and part.text.isascii():
        return f"{s.marks[part]} {part.text}" if part in s.marks else part.text.upper()
    return s.say(part).words


def _primes(sup: Node | None) -> tuple[str, Node | None]:
    """The word for the primes in a superscript, and what else it holds."""
    parts = items(sup)
    count = sum(PRIMES.get(part.text, 0) for part in parts if isinstance(part, Symbol))
    if not count:
        return "", sup
    rest = tuple(p for p in parts if not (isinstance(p, Symbol) and p.text in PRIMES))
    many = f"{numbers.cardinal(str(count))} primes"
    word = PRIME_WORDS[count] if count < len(PRIME_WORDS) else many
    return word, Row(rest) if rest else None


def raised(s: Speaker, said: Phrase, core: Node, sup: Node | None) -> Phrase:
    """A phrase with a power: "x squared", "A transpose", "e to the x plus one"."""
    if sup is None:
        return said
    sup = bare(sup) or sup
    word = _power_word(s, core, sup)
    if word:
        return Phrase(said.then(word), said.level, said.open)
    if isinstance(sup, Fence) and sup.open in ("(", "["):
        order = "" if s.exact else _derivative(s, core, sup)
        if order:
            return Phrase(f"the {order} derivative of {said.words}", Level.PRODUCT, open=True)
        inside = s.say(sup if s.exact else sup.inside)
        loose = inside.open or inside.level > Level.TERM
        return Phrase(said.then(f"superscript {inside.words}"), said.level, said.open or loose)
    inside = replace(s, beside=False, noun=False).say(sup)
    if s.exact and inside.level > Level.ATOM:
        return Phrase(f"{said.words} to the power {inside.words}, end power")
    power = inside.words.removeprefix("the ")
    return Phrase(said.then(f"to the {power}"), said.level, open=True)


def _derivative(s: Speaker, core: Node, sup: Fence) -> str:
    inside = bare(sup.inside)
    if not (isinstance(core, Name) and core.text in "fghuyFGH") or sup.open != "(":
        return ""
    if isinstance(inside, Number) and inside.text.isdecimal():
        return numbers.ordinal(inside.text)
    return "nth" if inside == Name("n") else "order k" if inside == Name("k") else ""


def _power_word(s: Speaker, core: Node, sup: Node) -> str:
    if isinstance(sup, Number):
        return _number_power(sup.text)
    if isinstance(sup, Symbol):
        if s.noun and sup.text in _SIDES:
            return _SIDES[sup.text]
        if sup.text in "∘°" and isinstance(core, Name) and core.text in _STANDARD:
            return "naught"
        return _SIGNS.get(sup.text, "")
    if sup == Name("π") and isinstance(core, Name) and core.text in "QV":
        return "pi"
    if sup == _MINUS_ONE and _invertible(core):
        return "inverse"
    if sup == _MINUS_T and _invertible(core):
        return "inverse transpose"
    if (
        _transposable(core)
        and isinstance(sup, Name)
        and sup.variant in ("", "sans-serif", "upright")
    ):
        complement = "complement" if letters.is_upper(core) or isinstance(core, Fence) else ""
        return {"T": "transpose", "H": "Hermitian", "c": complement}.get(sup.text, "")
    if isinstance(sup, Row) and sup.items[:1] and sign(sup.items[0], "∘"):
        scale = {"C": "Celsius", "F": "Fahrenheit"}
        unit = sup.items[1] if len(sup.items) == 2 else None
        if isinstance(unit, Name | Word) and unit.text in scale:
            return f"degrees {scale[unit.text]}"
    return ""


def _number_power(digits: str) -> str:
    if digits in _POWERS:
        return _POWERS[digits]
    ordinal = digits.isdecimal() and 0 < int(digits) <= 10 and digits[0] != "0"
    return f"to the {numbers.ordinal(digits) if ordinal else numbers.cardinal(digits)}"


def _invertible(core: Node) -> bool:
    inner = base(core)
    if isinstance(inner, Name):
        return inner.text.isupper() or inner.text in "fghφϕψσπτ" or inner.variant.startswith("bold")
    return isinstance(inner, Fence | Table | Function | Word)


def _transposable(core: Node) -> bool:
    inner = base(core)
    return isinstance(inner, Fence | Table) or isinstance(inner, Name) and inner.text != "e"


def _number_set(s: Speaker, core: Name, node: Script) -> Phrase:
    """`\\mathbb{R}^n` is "R n", and `\\mathbb{R}^+` "the positive reals"."""
    below, above = items(node.sub), items(node.sup)
    name = s.say(core).words
    kind: dict[tuple[Node, ...], str] = {
        (): "",
        (Symbol("+", "bin"),): "positive",
        (Symbol("−", "bin"),): "negative",
        (Symbol("∗", "bin"),): "nonzero",
        (Symbol("≥", "rel"), Number("0")): "nonnegative",
        (Symbol(">", "rel"), Number("0")): "positive",
        (Symbol("⩾", "rel"), Number("0")): "nonnegative",
    }
    if not below and above in kind:
        return Phrase(name.replace("the ", f"the {kind[above]} ", 1))
    word = kind.get(below)
    said = core.text if word is None or not word else f"{word} {core.text}"
    if not above and word:
        return Phrase(name.replace("the ", f"the {word} ", 1))
    if word is None and node.sub is not None:
        return subscripted(s, Phrase(core.text), node.sub)
    size = replace(s, times="by", noun=False, beside=False).say(Row(above))
    return Phrase(f"{said} {size.words}", open=size.level > Level.PRODUCT)
