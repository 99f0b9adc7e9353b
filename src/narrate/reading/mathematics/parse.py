"""TeX to a tree: the only module that knows the parser, mathra."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from itertools import groupby
from typing import Any

from narrate.reading.mathematics import tree
from narrate.reading.mathematics.fences import group
from narrate.reading.mathematics.integrals import integrals
from narrate.reading.mathematics.tree import Node, Row, Symbol
from narrate.reading.rules import accents
from narrate.reading.words import Unreadable

# The parser needs quadratic time for brackets in brackets, and nobody follows longer ones by ear.
LONGEST = 4000

_Json = dict[str, Any]

_ACCENTS = accents.MARKS | {
    "\u20db": "triple dot",
    "→": "vector",
    "\u030c": "check",
    "\u0306": "breve",
    "\u0301": "acute",
    "\u0300": "grave",
    "\u030a": "ring",
}
_HINT = "write it in another way or in words"
# A macro that calls others twice can grow a short formula without end.
_MACRO = re.compile(
    r"\\(?:[egx]?def|let|(?:re)?new(?:command|environment)|providecommand|DeclareMathOperator)"
    r"(?![A-Za-z])"
)
_COLUMN = re.compile(r"column (\d+): ")


@lru_cache(maxsize=256)
def parse(tex: str) -> Row:
    """The tree of a formula; raises Unreadable with the place of what the parser does not know."""
    _refuse(tex)
    try:
        return Row(_Tree(tex).row(_parsed(tex)))
    except RecursionError:
        raise Unreadable("the formula is nested too deeply", 0, len(tex), "split it") from None


def _refuse(tex: str) -> None:
    """Raise Unreadable for what the parser would take, but nobody should."""
    if len(tex) > LONGEST:
        what = f"the formula has {len(tex):,} characters, more than {LONGEST:,}"
        raise Unreadable(what, 0, len(tex), "split it into several formulas")
    macro = _MACRO.search(tex)
    if macro:
        what = f"{macro[0]} defines a macro, which narrate does not read"
        raise Unreadable(what, *macro.span(), "write the formula without it")
    dollar = re.search(r"(?<!\\)\$", tex)
    if dollar and "\\text" not in tex and "\\mbox" not in tex:
        what = "a '$' stands inside the formula"
        raise Unreadable(what, *dollar.span(), "write \\$ for a dollar sign")


def _parsed(tex: str) -> _Json:
    import mathra

    try:
        parsed: _Json = json.loads(mathra.tex_to_tree(tex, strict=True))
    except ValueError as error:
        raise _unreadable(tex, str(error)) from None
    return parsed


def _unreadable(tex: str, message: str) -> Unreadable:
    """Our error for one of the parser's; its columns count from one."""
    column = _COLUMN.match(message)
    if column is None:
        at = next((i for i, char in enumerate(tex) if f"'{char}' character" in message), None)
        if at is None:
            return Unreadable(message, 0, len(tex), _HINT)
        return Unreadable(f"no words for the character '{tex[at]}'", at, at + 1, _HINT)
    start = max(0, min(int(column[1]), len(tex)) - 1)
    what = message[column.end() :]
    return Unreadable(what, start, _end(tex, start), _HINT)


def _end(tex: str, start: int) -> int:
    """The end of the command or character that starts here."""
    token = re.compile(r"\\(?:[A-Za-z]+|.)|.", re.DOTALL).match(tex, start)
    return token.end() if token else len(tex)


def place(tex: str, symbol: str) -> tuple[int, int]:
    """Where a sign of the tree stands in the TeX: itself, or the command that makes it."""
    at = tex.find(symbol)
    if at >= 0:
        return at, at + len(symbol)
    for command in re.finditer(r"\\(?:[A-Za-z]+|.)", tex):
        if _makes(command[0], symbol):
            return command.span()
    return 0, len(tex)


def _makes(command: str, symbol: str) -> bool:
    import mathra

    return json.dumps(symbol)[1:-1] in json.dumps(json.loads(mathra.tex_to_tree(command)))


class _Tree:
    """Builds our nodes from the parser's; the TeX is there for the places of errors."""

    def __init__(self, tex: str) -> None:
        self.tex = tex

    def row(self, node: _Json | None) -> tuple[Node, ...]:
        """The nodes of a row with brackets and bars matched."""
        return tuple(integrals(group(self.flat(node), self.fail)))

    def flat(self, node: _Json | None) -> list[Node]:
        """The nodes of a row, spaces left out and rows of letters kept together."""
        if node is None:
            return []
        if node["type"] != "row":
            return self.spliced(node)
        made: list[Node] = []
        for upright, run in groupby(node["children"], _upright):
            children = list(run)
            if upright and len(children) > 1:
                made.append(tree.Word("".join(child["name"] for child in children)))
            else:
                made += [one for child in children for one in self.spliced(child)]
        return made

    def spliced(self, node: _Json) -> list[Node]:
        """One of the parser's nodes as ours: none for a space, several where a style ends."""
        kind = node["type"]
        if kind in ("space", "phantom"):
            return []
        if kind == "row":
            return self.flat(node)
        if kind in ("style", "colored", "smashed"):
            return self.flat(node["base"])
        make: Callable[[_Json], Node] | None = getattr(self, "_" + kind.replace("-", "_"), None)
        if make is None:
            raise self.fail(f"a formula with {kind} cannot be read aloud")
        return [make(node)]

    def node(self, node: _Json | None) -> Node:
        """One node, a row where there are several."""
        made = self.row(node)
        return made[0] if len(made) == 1 else Row(made)

    def maybe(self, node: _Json | None) -> Node | None:
        """One node, or None where there is none."""
        return None if node is None else self.node(node)

    def fail(self, what: str, symbol: str = "") -> Unreadable:
        """An error at the sign's place."""
        start, end = place(self.tex, symbol) if symbol else (0, len(self.tex))
        return Unreadable(what, start, end, _HINT)

    def _row(self, node: _Json) -> Node:
        return self.node(node)

    def _identifier(self, node: _Json) -> Node:
        return tree.Name(node["name"], node.get("variant", ""))

    def _number(self, node: _Json) -> Node:
        return tree.Number(node["value"].replace("\u2009", ""))

    def _text(self, node: _Json) -> Node:
        said: list[Node] = []
        for part in node["parts"]:
            value = part["value"]
            said += [tree.Word(value)] if part["type"] == "text" else self.flat(value)
        return said[0] if len(said) == 1 else Row(tuple(group(said, self.fail)))

    def _operator(self, node: _Json) -> Node:
        return Symbol(node["symbol"], node["class"])

    _fixed_delimiter = _operator

    def _function(self, node: _Json) -> Node:
        return tree.Function(node["name"])

    def _large_operator(self, node: _Json) -> Node:
        return tree.Big(node["symbol"])

    def _fraction(self, node: _Json) -> Node:
        make = tree.Fraction if node.get("rule", True) else tree.Choose
        return make(self.node(node["num"]), self.node(node["den"]))

    def _root(self, node: _Json) -> Node:
        return tree.Root(self.node(node["radicand"]), self.maybe(node.get("index")))

    def _scripts(self, node: _Json) -> Node:
        sub, sup = self.maybe(node.get("sub")), self.maybe(node.get("sup"))
        return tree.Script(self.node_of_base(node["base"]), sub, sup)

    def node_of_base(self, node: _Json) -> Node:
        """A base as it is: a closing bracket that carries a power is matched by its row."""
        made = self.flat(node)
        return made[0] if len(made) == 1 else Row(tuple(group(made, self.fail)))

    def _delimited(self, node: _Json) -> Node:
        parts: list[Node] = []
        for at, part in enumerate(node["parts"]):
            bar = [Symbol("∣", "rel")] if at else []
            parts += [*bar, *self.row(part)]
        inside = Row(tuple(parts))
        if len(parts) == 1 and isinstance(parts[0], tree.Choose):
            return parts[0]
        return tree.Fence(node.get("open", ""), inside, node.get("close", ""))

    def _table(self, node: _Json) -> Node:
        rows = tuple(tuple(self.node(cell) for cell in row) for row in node["rows"])
        return tree.Table(node["shape"], rows)

    def _accent(self, node: _Json) -> Node:
        word = _ACCENTS.get(node["accent"])
        if word is None:
            raise self.fail(f"no word for the accent '{node['accent']}'", node["accent"])
        return tree.Mark(word, self.node(node["base"]))

    def _bar(self, node: _Json) -> Node:
        return tree.Mark("bar" if node["above"] else "underlined", self.node(node["base"]))

    def _framed(self, node: _Json) -> Node:
        return self.node(node["base"])

    def _canceled(self, node: _Json) -> Node:
        return tree.Mark("cancelled", self.node(node["base"]))

    def _forced_class(self, node: _Json) -> Node:
        made = self.node(node["base"])
        return Symbol(made.text, node["class"]) if isinstance(made, tree.Word) else made

    def _stacked(self, node: _Json) -> Node:
        base, below = self.node(node["base"]), self.maybe(node.get("below"))
        above = self.maybe(node.get("above"))
        if isinstance(base, tree.Function | tree.Big):
            return tree.Script(base, below, above)
        return tree.Stacked(base, above, below)

    def _brace(self, node: _Json) -> Node:
        return tree.Stacked(self.node(node["base"]), self.maybe(node.get("label")))

    def _arrow(self, node: _Json) -> Node:
        sign = Symbol(node["symbol"], "rel")
        return tree.Stacked(sign, self.maybe(node.get("above")), self.maybe(node.get("below")))

    def _quantity(self, node: _Json) -> Node:
        return self.node(node["unit"])


def _upright(child: _Json) -> bool:
    """Whether a letter is upright, as in `\\mathrm{softmax}`: several of them are a word."""
    return child.get("variant") == "upright" and str(child.get("name", "")).isascii()
