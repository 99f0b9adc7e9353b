"""Unicode mathematics as TeX: `x²` is `x^{2}`, `∑` is `\\sum`."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

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


def to_tex(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text with TeX for such signs, and where each piece of it comes from.

    The pieces are (place in the result, place in the text), in order; see `origin`.
    """
    pieces: list[str] = []
    places = [(0, 0)]
    done = length = 0
    for found in _FOUND.finditer(text):
        made = _tex(found)
        pieces += [text[done : found.start()], made]
        length += found.start() - done + len(made)
        done = found.end()
        places += [(length - len(made), found.start()), (length, done)]
    return "".join([*pieces, text[done:]]), places


def origin(places: list[tuple[int, int]], at: int) -> int:
    """The place in the text of a place in the result."""
    made, written = places[bisect_right(places, (at, 1 << 60)) - 1]
    return written + at - made


def plain(scripts: str) -> str:
    """Raised or lowered letters and digits as ordinary ones."""
    return unicodedata.normalize("NFKC", scripts).replace("−", "-")


def _tex(found: re.Match[str]) -> str:
    raised, lowered, sign = found.groups()
    if raised:
        return f"^{{{plain(raised)}}}"
    return f"_{{{plain(lowered)}}}" if lowered else _COMMANDS[sign]
