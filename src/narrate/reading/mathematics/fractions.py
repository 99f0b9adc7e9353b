"""Fractions and derivatives."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from narrate.reading.mathematics import numbers
from narrate.reading.mathematics.phrase import Level, Phrase, listed
from narrate.reading.mathematics.speaker import Speaker
from narrate.reading.mathematics.tree import (
    Choose,
    Fraction,
    Mark,
    Name,
    Node,
    Number,
    Row,
    Script,
    bare,
    items,
    sign,
)


def fraction(s: Speaker, node: Fraction) -> Phrase:
    """A fraction; "all over" and "the quantity" let its parts be heard."""
    named = _named(node)
    if named:
        return Phrase(named)
    found = None if s.exact else derivative(s, node)
    if found:
        return Phrase(found.said, Level.PRODUCT, open=True)
    inner = replace(s, beside=False, noun=False)
    top, bottom = inner.say(node.top), inner.say(node.bottom)
    if not (top.words and bottom.words):
        raise s.fail("a fraction has an empty part", "")
    if s.exact:
        return Phrase(f"the fraction {top.words}, over {bottom.words}, end fraction")
    below = s.quantity(bottom).words if bottom.level >= Level.FRACTION else bottom.words
    return Phrase(_over(s, top, below), Level.FRACTION, open=True)


def _over(s: Speaker, top: Phrase, below: str) -> str:
    several = top.level == Level.PRODUCT and top.open and not s.beside
    if top.level < Level.SUM and not several:
        return f"{top.words}{',' if top.open else ''} over {below}"
    if s.beside:
        return f"the fraction {top.words}, over {below}"
    return f"{top.words}, all over {below}"


def _named(node: Fraction) -> str | None:
    top, bottom = bare(node.top), bare(node.bottom)
    if isinstance(top, Number) and isinstance(bottom, Number):
        return numbers.fraction(top.text, bottom.text)
    return None


def choose(s: Speaker, node: Choose) -> Phrase:
    """A binomial coefficient."""
    top, bottom = s.say(node.top), s.say(node.bottom)
    if s.exact:
        return Phrase(f"the binomial {top.words}, choose {bottom.words}, end binomial")
    pause = "," if top.level > Level.TERM or top.open else ""
    return Phrase(f"{top.words}{pause} choose {bottom.words}", Level.PRODUCT, open=True)


@dataclass(frozen=True, slots=True)
class Derivative:
    """A fraction of differentials; without a subject it is an operator, `d/dx`."""

    name: str
    subject: str
    variables: str

    @property
    def words(self) -> str:
        """The operator."""
        return f"{self.name} with respect to {self.variables}"

    @property
    def said(self) -> str:
        """The derivative of the subject."""
        if not self.subject:
            return self.words
        return f"{self.name} of {self.subject} with respect to {self.variables}"


def derivative(s: Speaker, node: Fraction) -> Derivative | None:
    """The fraction as a derivative, or None where it is not one."""
    top, bottom = items(node.top), items(node.bottom)
    mark = _differential(top[0]) if top else ""
    variables = _variables(s, bottom, mark)
    if not mark or not variables:
        return None
    sup = top[0].sup if isinstance(top[0], Script) else None
    name = f"{_order(s, sup)}{'partial ' if mark == '∂' else ''}derivative"
    subject = replace(s, beside=False).say(Row(top[1:])).words if top[1:] else ""
    return Derivative(f"the {name}", subject, listed(variables))


def _differential(node: Node) -> str:
    """`d` or `∂`, whatever its power; else nothing."""
    if isinstance(node, Script):
        return _differential(node.base) if node.sub is None else ""
    if sign(node, "∂"):
        return "∂"
    return "d" if isinstance(node, Name) and node.text == "d" and node.variant != "bold" else ""


def _order(s: Speaker, sup: Node | None) -> str:
    sup = bare(sup)
    if sup is None:
        return ""
    if isinstance(sup, Number) and sup.text.isdecimal():
        return f"{numbers.ordinal(sup.text)} "
    return "nth " if sup == Name("n") else f"order {s.say(sup).words} "


def _variables(s: Speaker, bottom: tuple[Node, ...], mark: str) -> list[str]:
    """The variables of `dx\\,dy`, or nothing where the row is something else."""
    said: list[str] = []
    for at in range(0, len(bottom) - 1, 2):
        variable = bottom[at + 1]
        if _differential(bottom[at]) != mark or isinstance(bottom[at], Script):
            return []
        said += _variable(s, variable, alone=len(bottom) == 2)
    return said if bottom and len(bottom) % 2 == 0 else []


def _variable(s: Speaker, node: Node, alone: bool) -> list[str]:
    if not isinstance(node, Script) or node.sup is None:
        return [s.say(node).words] if isinstance(node, Name | Mark | Script) else []
    base = s.say(replace(node, sup=None) if node.sub is not None else node.base).words
    if alone:
        return [base]
    times = {"2": "twice", "3": "three times"}
    sup = bare(node.sup)
    return [f"{base} {times.get(sup.text, sup.text) if isinstance(sup, Number) else ''}".strip()]
