"""Brackets and bars of a flat row, matched to fences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from msgspec.structs import replace

from narrate.reading.mathematics import numbers
from narrate.reading.mathematics.tree import (
    Fence,
    Function,
    Mark,
    Node,
    Number,
    Row,
    Script,
    Symbol,
    Word,
    sign,
)
from narrate.reading.words import Unreadable

Fail = Callable[[str, str], Unreadable]

_BARS = ("|", "‖")
_CLOSES = {
    "(": (")", "]"),
    "[": ("]", ")"),
    "{": ("}",),
    "⟨": ("⟩",),
    "⌊": ("⌋",),
    "⌈": ("⌉",),
    "|": ("|", "⟩"),
    "‖": ("‖",),
}


@dataclass(slots=True)
class _Frame:
    """An opened bracket and what has come after it."""

    open: Symbol
    before: Node | None
    items: list[Node] = field(default_factory=list)


def group(nodes: Iterable[Node], fail: Fail) -> list[Node]:
    """The nodes with each bracketed part made a Fence; raises what `fail` makes otherwise."""
    frames = [_Frame(Symbol(""), None)]
    for node in _joined(nodes):
        _take(frames, node, fail)
    while len(frames) > 1:
        _unwind(frames, fail)
    return frames[0].items


def _take(frames: list[_Frame], node: Node, fail: Fail) -> None:
    end = node.base if isinstance(node, Script) else node
    top = frames[-1]
    if isinstance(end, Symbol) and _closes(top, end) and not _inner(frames, end):
        frames.pop()
        fence = Fence(top.open.text, Row(tuple(top.items)), end.text)
        frames[-1].items.append(replace(node, base=fence) if isinstance(node, Script) else fence)
    elif isinstance(end, Symbol) and (end.kind == "open" or end.text in _BARS):
        if isinstance(node, Script):
            _evaluate(top, node, end, fail)
            return
        before = top.items[-1] if top.items else None
        frames.append(_Frame(end, before))
    elif isinstance(end, Symbol) and (end.kind == "close" and end.text != "!" or _ends(top, end)):
        _unwind(frames, fail, end)
        _take(frames, node, fail)
    else:
        top.items.append(node)


def _evaluate(top: _Frame, node: Script, end: Symbol, fail: Fail) -> None:
    """Make `f(x)|_0` a fence that is open on the left."""
    start = len(top.items)
    while start and _operand(top.items[start - 1]):
        start -= 1
    if end.text != "|" or start == len(top.items):
        raise fail(f"'{end.text}' is not closed before its power", end.text)
    inside = Row(tuple(top.items[start:]))
    top.items[start:] = [replace(node, base=Fence("", inside, "|"))]


def _closes(top: _Frame, end: Symbol) -> bool:
    """Whether the sign closes the bracket that was opened last."""
    if end.text not in _CLOSES.get(top.open.text, ()) or end.kind == "open":
        return False
    return end.text not in _BARS or bool(top.items) and _operand(top.items[-1])


def _inner(frames: list[_Frame], end: Symbol) -> bool:
    """Whether the bar opened last is the one in the middle of `⟨φ|ψ⟩`."""
    return end.text == "⟩" and frames[-1].open.text == "|" and frames[-2].open.text == "⟨"


def _ends(top: _Frame, end: Symbol) -> bool:
    """Whether a comma ends a bar that was no opening one: `P(x|a, b)`."""
    return end.kind == "punct" and top.open.text in _BARS and top.before is not None


def _operand(node: Node) -> bool:
    if not isinstance(node, Symbol):
        return True
    return node.kind in ("ord", "close", "inner") and node.text not in "/¬∀∃∇"


def _unwind(frames: list[_Frame], fail: Fail, end: Symbol | None = None) -> None:
    """Make the bar opened last a plain sign; a bracket in its place is an error."""
    top = frames.pop()
    if top.open.text not in _BARS or top.open.kind == "open":
        raise fail(_unmatched(top.open, end), (end or top.open).text or top.open.text)
    frames[-1].items += [Symbol("∣" if top.open.text == "|" else "∥", "rel"), *top.items]


def _unmatched(opened: Symbol, end: Symbol | None) -> str:
    if not opened.text:
        return f"'{end.text if end else ''}' closes a bracket that was not opened"
    return f"'{opened.text}' is not closed" + (f" before '{end.text}'" if end else "")


def _joined(nodes: Iterable[Node]) -> list[Node]:
    """The nodes with `1{,}000` and `3{,}5` made one number, and `arg` and `max` one function."""
    made: list[Node] = []
    for node in nodes:
        if made and isinstance(made[-1], Number) and _degrees(node):
            assert isinstance(node, Script)
            node = replace(node, base=made.pop())
        if len(made) > 1 and sign(made[-1], ".") and _repeats(made[-2], node):
            made.pop()
            node = _repeating(made.pop(), node)
        if made and made[-1] == Function("arg") and _extreme(node):
            made.pop()
            node = _arg(node)
        if isinstance(node, Number) and len(made) > 1 and _thousands(made[-2], made[-1]):
            made.pop()
            before = made.pop()
            assert isinstance(before, Number)
            mark = "" if len(node.text) == 3 else "."
            made.append(Number(before.text + mark + node.text))
        else:
            made.append(node)
    return made


def _repeats(number: Node, node: Node) -> bool:
    """Whether the nodes are a number and the digits under a bar of `0.\\overline{3}`."""
    return isinstance(number, Number) and isinstance(node, Mark) and isinstance(node.base, Number)


def _repeating(number: Node, node: Node) -> Node:
    assert isinstance(number, Number)
    assert isinstance(node, Mark)
    assert isinstance(node.base, Number)
    digits = numbers.spelled(node.base.text)
    return Word(f"{numbers.cardinal(number.text)} point {digits} repeating")


def _degrees(node: Node) -> bool:
    """Whether the node is the circle of `100\\,^\\circ`, which stands on nothing."""
    return isinstance(node, Script) and node.base == Row() and sign(node.sup, "∘")


def _extreme(node: Node) -> bool:
    core = node.base if isinstance(node, Script) else node
    return isinstance(core, Function) and core.text in ("max", "min")


def _arg(node: Node) -> Node:
    if isinstance(node, Script):
        return replace(node, base=_arg(node.base))
    assert isinstance(node, Function)
    return Function(f"arg {node.text}")


def _thousands(number: Node, comma: Node) -> bool:
    return isinstance(number, Number) and comma == Symbol(",", "ord")
