"""Matrices, vectors, cases and aligned equations."""

from __future__ import annotations

from msgspec.structs import replace

from narrate.reading.mathematics import numbers
from narrate.reading.mathematics.phrase import Level, Phrase, joined
from narrate.reading.mathematics.speaker import Speaker
from narrate.reading.mathematics.symbols import ELLIPSES
from narrate.reading.mathematics.tree import Node, Row, Symbol, Table, Word, items, sign


def table(s: Speaker, node: Table) -> Phrase:
    """A table, by its shape."""
    s = replace(s, noun=False, beside=False)
    if node.shape in ("cases", "rcases", "d-cases"):
        return _cases(s, node)
    if node.shape in ("aligned", "centered", "split", "gathered", "substack", "multline"):
        return _equations(s, node)
    if "matrix" in node.shape or node.shape == "array":
        return _matrix(s, node)
    raise s.fail(f"no words for a table of the shape '{node.shape}'", "")


def _matrix(s: Speaker, node: Table) -> Phrase:
    height, width = len(node.rows), max(map(len, node.rows))
    if node.shape in ("v-matrix", "V-matrix"):
        kind = "determinant" if node.shape == "v-matrix" else "norm"
        matrix = _matrix(s, Table("matrix", node.rows))
        return replace(matrix, words=f"the {kind} of {matrix.words}")
    said = [_row(s, row) for row in node.rows]
    if height == 1 and width > 1:
        words = f"the row vector {said[0]}"
    elif width == 1:
        words = f"the column vector {', '.join(_up_to(s, said))}"
    else:
        words = f"the {_size(height)} by {_size(width)} matrix with {_rows(s, said)}"
    return Phrase(words + (", end matrix" if s.exact else ""), open=not s.exact)


def _size(count: int) -> str:
    return numbers.cardinal(str(count))


def _rows(s: Speaker, said: list[str]) -> str:
    """The rows of a matrix, each by its place where there are more than two."""
    if len(said) == 2 and not s.exact:
        return f"rows {said[0]}, and {said[1]}"
    return ", ".join(
        f"{numbers.ordinal(str(at + 1))} row {row}" if row else "and so on"
        for at, row in enumerate(said)
    )


def _row(s: Speaker, row: tuple[Node, ...]) -> str:
    """The cells of a row; nothing for one of dots, which stands for rows left out."""
    if len(row) > 1 and all(_dots(cell) for cell in row):
        return ""
    return ", ".join(_up_to(s, [s.say(cell).words or "blank" for cell in row]))


def _dots(cell: Node) -> bool:
    return all(sign(item, *ELLIPSES) for item in items(cell))


def _up_to(s: Speaker, said: list[str]) -> list[str]:
    pairs = zip(["", *said], said, strict=False)
    skip = not s.exact
    return [f"up to {w}" if before == "and so on" and skip else w for before, w in pairs]


def _cases(s: Speaker, node: Table) -> Phrase:
    said = [_case(s, row) for row in node.rows]
    words = ", and ".join(said) if len(said) == 2 else ", ".join(said)
    return Phrase(words + (", end cases" if s.exact else ""), Level.LIST, open=True)


def _case(s: Speaker, row: tuple[Node, ...]) -> str:
    value, conditions = s.say(_trimmed(row[0])), [_trimmed(cell) for cell in row[1:]]
    said = value.words + ("," if "," in value.words or value.open else "")
    for condition in conditions:
        words = s.say(condition).words
        started = isinstance(items(condition)[0], Word) if items(condition) else True
        said = joined(said, words if started else f"if {words}")
    return said


def _trimmed(cell: Node) -> Node:
    """A cell without the comma or stop at its end."""
    parts = items(cell)
    if parts and isinstance(parts[-1], Symbol) and parts[-1].text in (",", ".", ";"):
        return Row(parts[:-1])
    return cell


def _equations(s: Speaker, node: Table) -> Phrase:
    """Equations one below the other; a row that starts with a relation goes on with the last."""
    said: list[str] = []
    for row in node.rows:
        line = tuple(item for cell in row for item in items(cell))
        words = s.say(_trimmed(Row(line))).words
        goes_on = said and words.startswith(("equals ", "is "))
        said += [f"which {words}" if goes_on else words] if words else []
    return Phrase(", ".join(said), Level.LIST, open=True)
