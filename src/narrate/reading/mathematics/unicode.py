"""Unicode mathematics as TeX: `x²` is `x^{2}`, `∑` is `\\sum`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀᵃᵇᶜᵈᵉᵏᵐᵗˣʸ"
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"

_COMMANDS = {
    "∑": r"\sum ",
    "∏": r"\prod ",
    "∫": r"\int ",
    "∬": r"\iint ",
    "∮": r"\oint ",
    "⋃": r"\bigcup ",
    "⋂": r"\bigcap ",
    "√": r"\sqrt ",
    "∛": r"\sqrt[3] ",
    "∜": r"\sqrt[4] ",
    "⌈": r"\lceil ",
    "⌉": r"\rceil ",
    "⌊": r"\lfloor ",
    "⌋": r"\rfloor ",
    "½": r"\frac{1}{2}",
    "⅓": r"\frac{1}{3}",
    "⅔": r"\frac{2}{3}",
    "¼": r"\frac{1}{4}",
    "¾": r"\frac{3}{4}",
    "ℝ": r"\mathbb{R}",
    "ℕ": r"\mathbb{N}",
    "ℤ": r"\mathbb{Z}",
    "ℚ": r"\mathbb{Q}",
    "ℂ": r"\mathbb{C}",
}
_FOUND = re.compile(f"([{SUPERSCRIPTS}]+)|([{SUBSCRIPTS}]+)|([{''.join(_COMMANDS)}])")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the TeX that was made from a sign, and the places of both."""

    made: tuple[int, int]
    written: tuple[int, int]


def to_tex(text: str) -> tuple[str, list[Piece]]:
    """The text with TeX for such signs, and which parts of it were made; see `origin`."""
    parts: list[str] = []
    pieces: list[Piece] = []
    done = length = 0
    for found in _FOUND.finditer(text):
        made = _tex(found)
        parts += [text[done : found.start()], made]
        length += found.start() - done + len(made)
        done = found.end()
        pieces.append(Piece((length - len(made), length), found.span()))
    return "".join([*parts, text[done:]]), pieces


def origin(pieces: list[Piece], start: int, end: int) -> tuple[int, int]:
    """Where a span of the TeX stands in the text; the whole sign for a part of what it made."""
    return _origin(pieces, start, end=False), _origin(pieces, end, end=True)


def _origin(pieces: list[Piece], at: int, end: bool) -> int:
    moved = 0
    for piece in pieces:
        start, stop = piece.made
        if at <= start if end else at < start:
            break
        if at < stop:
            return piece.written[end]
        moved = piece.written[1] - stop
    return at + moved


def plain(scripts: str) -> str:
    """Raised or lowered letters and digits as ordinary ones."""
    return unicodedata.normalize("NFKC", scripts).replace("−", "-")


def _tex(found: re.Match[str]) -> str:
    raised, lowered, sign = found.groups()
    if raised:
        return f"^{{{plain(raised)}}}"
    return f"_{{{plain(lowered)}}}" if lowered else _COMMANDS[sign]
