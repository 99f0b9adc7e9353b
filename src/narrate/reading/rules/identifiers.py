"""Names as developers say them: `snake_case`, `camelCase`, `np`, `utf8`."""

from __future__ import annotations

import re

from narrate.reading.rules import acronyms, names, numerals, symbols

WORDS = names.TOOLS | {
    "arange": "A range",
    "argmax": "arg max",
    "argmin": "arg min",
    "argv": "arg V",
    "astype": "as type",
    "bashrc": "bash R C",
    "cfg": "config",
    "ctrl": "control",
    "ctx": "context",
    "cuda": "kooda",
    "dropna": "drop N A",
    "dtype": "D type",
    "etc": "et cetera",
    "fillna": "fill N A",
    "fmt": "format",
    "gif": "gif",
    "groupby": "group by",
    "hstack": "H stack",
    "idx": "index",
    "iloc": "I loc",
    "img": "image",
    "jpeg": "jay peg",
    "jpg": "jay peg",
    "linalg": "lin alg",
    "linspace": "lin space",
    "ndarray": "N D array",
    "kwargs": "keyword args",
    "matmul": "mat mull",
    "msg": "message",
    "num": "num",
    "ptr": "pointer",
    "randn": "rand N",
    "vstack": "V stack",
    "zshrc": "Z S H R C",
    "pwd": "P W D",
    "pypi": "pie P I",
    "sha": "shah",
    "sql": "sequel",
    "src": "source",
    "std": "standard",
    "str": "string",
    "tmp": "temp",
    "toml": "tommel",
    "usr": "user",
    "vs": "V S",
    "yml": "yammel",
}
_INDEXED = re.compile(r"[A-Za-z]_[i-n]{2,3}")
_PIECES = re.compile(r"[A-Z]++(?![a-z])|[A-Z]?[a-z]++|[A-Z]|[0-9]++|[^\W\d_]+")


def say_identifier(name: str) -> str:
    """The parts of an identifier, each as a word, or by its letters where it is not one."""
    if name.startswith("__") and name.endswith("__") and name.strip("_"):
        return f"dunder {say_identifier(name.strip('_'))}"
    if _INDEXED.fullmatch(name):
        return " ".join(name.replace("_", "")).replace("a", "A")
    words = ["underscore"] if name.startswith("_") else []
    words += [_piece(piece) for piece in _PIECES.findall(name)]
    return " ".join(words)


def _piece(piece: str) -> str:
    if piece.isdecimal():
        return numerals.pairs(piece)
    if piece in symbols.GREEK:
        return symbols.GREEK[piece]
    lower = piece.lower()
    if lower in WORDS:
        return WORDS[lower]
    if len(piece) == 1:
        return "A" if lower == "a" else piece
    return acronyms.say_letters(piece) if _is_spelled(piece) else lower


def _is_spelled(piece: str) -> bool:
    upper = piece.upper()
    if upper in acronyms.SPELLED:
        return True
    if piece.isupper():
        return len(piece) < 5 and acronyms.is_spelled(piece)
    return len(piece) <= 4 and not set(upper) & set("AEIOUY")
