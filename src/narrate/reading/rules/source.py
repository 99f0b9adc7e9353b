"""Program text as a developer says it: tokens, operators, calls and indexes."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals, symbols
from narrate.reading.rules.identifiers import say_identifier

OPERATORS = {
    "===": "triple equals",
    "!==": "not triple equals",
    "**=": "to the power of equals",
    "//=": "floor divide equals",
    "...": "dot dot dot",
    "+=": "plus equals",
    "-=": "minus equals",
    "*=": "times equals",
    "/=": "divide equals",
    "%=": "mod equals",
    "|=": "or equals",
    "&=": "and equals",
    ":=": "walrus",
    "==": "double equals",
    "!=": "not equals",
    "<=": "less than or equal to",
    ">=": "greater than or equal to",
    "->": "arrow",
    "=>": "arrow",
    "<-": "left arrow",
    "**": "to the power of",
    "//": "slash slash",
    "#!": "hash bang",
    "::": "colon colon",
    "&&": "and",
    "||": "or",
    "++": "plus plus",
    "<<": "left shift",
    ">>": "right shift",
    "..": "dot dot",
    "=~": "equals tilde",
    "~=": "tilde equals",
}
MARKS = {
    "=": "equals",
    "+": "plus",
    "*": "times",
    "%": "mod",
    "&": "and",
    "|": "pipe",
    "^": "caret",
    "~": "tilde",
    "!": "not",
    "?": "question mark",
    "@": "at",
    "#": "hash",
    "$": "dollar",
    "\\": "backslash",
    "<": "less than",
    ">": "greater than",
    "{": "open brace",
    "}": "close brace",
    ".": "dot",
    "_": "underscore",
}
ALONE = MARKS | {
    "*": "asterisk",
    "%": "percent sign",
    "&": "ampersand",
    "!": "exclamation mark",
    "=": "equals sign",
    "-": "dash",
    "+": "plus sign",
    "/": "slash",
    ":": "colon",
    ";": "semicolon",
    ",": "comma",
    "(": "open paren",
    ")": "close paren",
    "()": "parens",
    "[": "open bracket",
    "]": "close bracket",
    "[]": "brackets",
    "{}": "braces",
    "'": "single quote",
    '"': "double quote",
    "`": "backtick",
    "<": "less than sign",
    ">": "greater than sign",
}
"""What a mark is called where it is the whole of the code."""

_NUMBER = r"0[xX][0-9A-Fa-f]++|0[bB][01]++|[0-9]++(?:\.[0-9]++)?(?:e-?[0-9]{1,3}+)?"
_OPERATOR = "|".join(map(re.escape, OPERATORS))
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER})|(?P<name>[^\W\d]\w*+)|(?P<operator>{_OPERATOR})"
    r"|(?P<space>\s++)|(?P<mark>.)",
    re.DOTALL,
)
_LAMBDA = re.compile(r"\((\w[\w, ]{0,60}+)\) ?=>")
_TYPES = re.compile(r"\b(?:list|dict|tuple|set|type|[A-Z][a-z]\w*)$")
_EVERYTHING = re.compile(r"\b(?:select|import|export)$", re.IGNORECASE)


def say_source(source: str) -> str:
    """A piece of program text in words, with a comma where a list goes on."""
    source = _LAMBDA.sub(r"\1 =>", source.strip())
    if source in ALONE:
        return ALONE[source]
    said: list[str] = []
    closing: list[str] = []
    for match in _TOKEN.finditer(source):
        word = _token(match, closing)
        if word == "," and said:
            said[-1] += "," if not said[-1].endswith(",") else ""
        elif word and word != ",":
            if match[0] == "." and _before(match) == ")":
                said[-1] += ","
            said.append(word)
    return " ".join(said).rstrip(",")


def _token(match: re.Match[str], closing: list[str]) -> str:
    token = match[0]
    if match["space"]:
        return ""
    if match["number"]:
        return say_literal(token)
    if match["name"]:
        return say_identifier(token) or "underscore"
    if token in ("*", "**", "&") and _is_prefix(match):
        return {"*": "star", "**": "star star", "&": "the address of"}[token]
    if token == "//" and _left(match)[-1:].isalnum() | _left(match).endswith(")"):
        return "floor divided by"
    if match["operator"]:
        return OPERATORS[token]
    return _mark(match, closing)


def _mark(match: re.Match[str], closing: list[str]) -> str:
    mark, before, after = match[0], _before(match), match.string[match.end() : match.end() + 1]
    if mark in "([":
        return _open(match, after, closing)
    if mark in ")]":
        return closing.pop() if closing else ALONE[mark]
    if mark in "-/":
        # `issue-42` is a name, `n-1` and `x - 1` are differences.
        joined = _left(match)[-2:-1].isalpha() and before.isalpha() and after.isalnum()
        return _between(mark, spaced=after.isspace(), first=not before.strip(), joined=joined)
    if mark == ":":
        return "," if after.isspace() or not after else "colon"
    if mark == "!":
        return "not" if after.isalnum() or after in "_(" else ""
    if mark in ",;":
        return ","
    if mark in "\"'`":
        return ""
    return MARKS.get(mark) or symbols.WORDS.get(mark) or mark


def _is_prefix(match: re.Match[str]) -> bool:
    """Whether a sign has nothing to multiply on its left, as in `*args`, `int *p` or `SELECT *`."""
    left, after = _left(match), match.string[match.end() : match.end() + 1]
    close = _before(match).isspace() and bool(after.strip())
    return not left or left[-1] in "(,[" or close or bool(_EVERYTHING.search(left))


def _left(match: re.Match[str]) -> str:
    """The few characters before a token, its spaces left out."""
    return match.string[max(0, match.start() - 12) : match.start()].rstrip()


def _before(match: re.Match[str]) -> str:
    return match.string[match.start() - 1] if match.start() else " "


def _open(match: re.Match[str], after: str, closing: list[str]) -> str:
    """What an opening bracket says; what its closing one says is kept for later."""
    mark, before = match[0], _before(match)
    if mark == before == "(":
        closing.append("")
        return ""
    if not (before.isalnum() or before in "_)]'\""):
        if mark + after in ("[]", "()"):
            closing.append("")
            return ALONE[mark + after]
        closing.append("close paren" if mark == "(" else "")
        return "open paren" if mark == "(" else "the list"
    closing.append("")
    if mark == "(":
        return "" if after in (")", "") else "of"
    return "of" if _TYPES.search(_left(match)) else "sub"


def _between(mark: str, *, spaced: bool, first: bool, joined: bool) -> str:
    if mark == "-":
        return "" if joined else "minus"
    return "divided by" if spaced and not first else "slash"


def say_literal(text: str) -> str:
    """A number of a program: `0xFF` digit by digit, `1e-5` as a power of ten."""
    if text[:2] in ("0x", "0X"):
        return f"hex {spell(text[2:])}"
    if text[:2] in ("0b", "0B"):
        return f"binary {spell(text[2:])}"
    mantissa, power, exponent = text.partition("e")
    said = numerals.number(mantissa)
    return f"{said} times ten to the {numerals.number(exponent)}" if power else said


def spell(text: str) -> str:
    """Each letter and digit by its name."""
    return " ".join(numerals.digits(c) if c.isdecimal() else " ".join(c.upper()) for c in text)
