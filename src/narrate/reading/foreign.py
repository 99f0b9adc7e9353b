r"""Markup that narrate does not have: directions, tags of SSML and HTML, and signs of Markdown.

Prose, code and mathematics have many of these signs too: `5 * 3`, `a[i]`, `x < y`, `[0, 1]`,
`**kwargs` and `#5` are words.
"""

from __future__ import annotations

import re

from narrate.base import limits, units
from narrate.base.text import quoted
from narrate.reading import tags
from narrate.reading.problems import Problem

_ATTRIBUTE = r"""\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*')"""

PATTERN = rf"""
    !?\[[^\[\]]{{1,200}}\]
    | </?[a-z][\w:.-]*(?:{_ATTRIBUTE}){{0,20}}\s*/?> | <[!?](?=[a-z-]) | <https?://[^\s<>]*>
    | ^:::+ | ^[ ]{{0,3}}\#{{1,6}}[ ]+(?=\S) | ^[ ]{{0,3}}(?:```|~~~) | ^>[ ]+(?=\S)
    | \A(?:\+\+\+|---)[ \t]*$(?=\n[^\n])
    | \{{\{{[<%]? | \{{% | \{{\#[\w-][^{{}}\n]{{0,300}}\}}
    | (?<![~\w])~~(?=[^\s~])[^~\n]{{1,300}}(?<=\S)~~(?!~)
    | (?<![=\w])==(?=[^\s=])[^=\n]{{1,300}}(?<=\S)==(?![=\w])
    | (?<![*\w])\*\*(?=[^\s*])[^*\n]{{1,300}}(?<=\S)\*\*(?![*\w])
    | (?<![*\w])\*(?=[^\s*])[^*\n]{{1,300}}(?<=\S)\*(?![*\w])
    | (?<![\w/])_(?=[^\s_])[^_\n]{{1,300}}(?<=\S)_(?![\w/])
"""
"""What may be such markup, for `re.VERBOSE | re.MULTILINE | re.IGNORECASE`; `problem` decides."""

_ITEM = r"[-+−]?(?:[0-9]+(?:[.:/][0-9]+)*|[^\W\d_][0-9]?|∞)"
_INTERVAL = re.compile(rf"\s*{_ITEM}(?:\s*[,;|]\s*{_ITEM})+\s*")
_FORMULA = re.compile(r"[=^_<>≤≥≠+−×·√∑Σ∫∂∈⁺⁻⁰¹²³⁴-⁹₀-₉ₐ-ₜᵢ-ᵪ]|\w\(|\)[^()]*\(")
_WORD = re.compile(r"(?!(?:sin|cos|tan|log|exp|max|min)\b)\b[^\W\d_ₐ-ₜᵢ-ᵪⱼ]{3}")
_NUMBER = re.compile(r"\^\S+|\s*[0-9]{1,3}(?:\s*[-–,]\s*[0-9]{1,3})*\s*")
_HTML_NAMES = """
    a abbr b big blockquote br center cite code del div em font footer h1 h2 h3 h4 h5 h6 header hr i
    img ins kbd li mark nav ol p pre q s samp script section small span speak strike strong style
    sub sup table tbody td th thead tr tt u ul var emphasis prosody voice audio
"""
_HTML = frozenset(_HTML_NAMES.split())
_CLOCK = re.compile(r"\s*[0-9]+:[0-9:.,]+\s*")
_DIRECTIONS = re.compile(
    r"\s*(?:beat|silence|break|wait|step|laugh|sigh|music|applause|breath|cough|gasp)\w*\b", re.I
)
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*(ms|s)?(?![^\W_])", re.I)
_OR_WARN = 'or set markup to "warn" in narrate.toml to have it spoken'
_OR_MARKDOWN = "write only the words, or make the script a Markdown file (.md)"


def duration_in(text: str) -> str | None:
    """The last duration in a malformed tag, as it should be written."""
    found = _DURATION.findall(text)
    return f"{found[-1][0]}{(found[-1][1] or 's').lower()}" if found else None


def _pause(direction: str) -> str:
    """The tag to write for a direction, with its duration if a pause can be that long."""
    duration = duration_in(direction) if _DIRECTIONS.match(direction) else None
    is_possible = duration and units.seconds(duration) <= limits.PAUSE_SECONDS
    return f"[pause:{duration if is_possible else '0.6s'}]"


def problem(text: str, start: int, end: int) -> Problem | None:
    """What is wrong with a match of PATTERN; None if it is ordinary text."""
    written = text[start:end]
    if written[0] in "[!":
        return _bracket(written, text[max(0, start - 1) : start], text[end : end + 1])
    if written[0] == "<":
        return None if _is_generic(written, text[max(0, start - 1) : start]) else _tag(written)
    sign = quoted(text[start : max(end, start + 12)].split("\n")[0])
    return Problem(f"unknown markup at {sign}", f"{_OR_MARKDOWN}, {_OR_WARN}")


def _bracket(written: str, before: str, after: str) -> Problem | None:
    inside = written.lstrip("!")[1:-1]
    is_index = bool(before) and (before.isalnum() or before in "_)]")
    if written[0] == "!" or (after == "(" and not is_index):
        return Problem(f"a Markdown link, at {quoted(written)}", _OR_MARKDOWN)
    escape = f"write \\[ for a literal bracket, {_OR_WARN}"
    if inside.startswith("^"):
        return Problem(f"the footnote mark {quoted(written)}", f"remove it, {escape}")
    is_row = (before == "[") != (after == "]")
    is_formula = is_index or is_row or after == "^" or _is_mathematics(inside)
    if not _DIRECTIONS.match(inside) and is_formula:
        return None
    if _NUMBER.fullmatch(inside):
        return Problem(f"the footnote mark {quoted(written)}", f"remove it, {escape}")
    if not (_CLOCK.fullmatch(inside) or any(char.isalpha() for char in inside)):
        return None
    advice = "remove it"
    if not _CLOCK.fullmatch(inside):
        advice = f"for a pause, write {_pause(inside)}"
    return Problem(f"unknown direction {quoted(written)}", f"{advice}; {escape}")


def _is_mathematics(inside: str) -> bool:
    """Whether a bracket holds an interval, a list, two matrices or a formula: [0, 1], [a, b],
    [A|b], [f(x) − f(a)].
    """
    if _INTERVAL.fullmatch(inside):
        return True
    return _FORMULA.search(inside) is not None and not _WORD.search(inside)


def _is_generic(written: str, before: str) -> bool:
    """Whether a tag is the parameter of a type: `Vec<T>`, but `a<b>c</b>` has one of HTML."""
    name = re.fullmatch(r"<([A-Za-z_][\w:]*)>", written)
    known = name is not None and name[1].lower() in {*tags.EXAMPLES, *_HTML}
    return name is not None and not known and (before.isalnum() or before == "_")


def _tag(written: str) -> Problem:
    escape = f"write \\< for a literal sign, {_OR_WARN}"
    name = re.match(r"</?([\w:.-]*)", written)
    advice = f"remove it, or use {tags.TAKEN}"
    if name and name[1].lower() == "br":
        advice = f"for a pause, write {tags.EXAMPLES['break']}"
    elif name and name[1].lower() in tags.EXAMPLES:
        advice = f"write {tags.EXAMPLES[name[1].lower()]}"
    what = "a comment or a declaration" if written[1] in "!?" else f"the tag {quoted(written)}"
    return Problem(f"{what} is not supported", f"{advice}; {escape}")
