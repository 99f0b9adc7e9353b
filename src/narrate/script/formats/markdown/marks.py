"""Inline marks of Markdown that CommonMark does not know, as rules of markdown-it.

A rule gets the state of the parser and `silent`, with which it makes no tokens; it returns whether
it matched. A token `omitted` holds what is not spoken, and its kind in `meta`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from narrate.reading import literals
from narrate.script.formats.markdown import attributes

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline

Rule = Callable[["StateInline", bool], bool]

OWN_TAGS = "break|bookmark|mark|sub|say-as|phoneme|lang"
"""The tags of a text."""

FORMATS = "b|details|em|i|kbd|strong|summary|u"
"""The tags of HTML that change nothing in how words are said; all others cannot be spoken."""

_PAIRED = (
    ("shortcode", "{{<", ">}}"),
    ("shortcode", "{{%", "%}}"),
    ("shortcode", "{{", "}}"),
    ("shortcode", "{%", "%}"),
    ("comment", "%%", "%%"),
    ("comment", "{/*", "*/}"),
)
"""Kinds of what is not spoken, with their first and last signs."""

_SINGLE = (
    ("embed", re.compile(r"!\[\[([^\[\]\n]*)\]\]")),
    ("tag", re.compile(r"(?<![^\s(])(#[^\W\d][\w/-]*)")),
    (
        "emoji code",
        re.compile(r"(?<![\w:])(:(?:[+-]1|100|(?=[0-9_+-]*[a-z])[a-z0-9_+-]+):)(?![\w:])"),
    ),
    ("block id", re.compile(r"(?<!\S)(\^[A-Za-z0-9-]+)\s*\Z")),
)
"""Kinds of what is not spoken and begins with one sign."""

_OMITTED = "{%!#:^"
"""The first signs of all these."""

_LINK = re.compile(r"\[\[([^\[\]|\n]+)(?:\|([^\[\]\n]*))?\]\]")
_LABEL = re.compile(r"^\[(?!\s*pause\b)([^\[\]\n^!]{1,200})\]:", re.MULTILINE | re.IGNORECASE)
_INSERTED = re.compile(r"\^\^(?=\S)([^\^\n]+)(?<=\S)\^\^")
_INDEX = r"[-−+]?\w+|\d*[-−+]"
_LOWERED = re.compile(rf"(?<!~)~({_INDEX})~(?!~)|<sub>({_INDEX})</sub>", re.IGNORECASE)
_RAISED = re.compile(
    rf"(?<!\w)\^({_INDEX})\^|\^({_INDEX})\^(?![\w(])|<sup>({_INDEX})</sup>", re.IGNORECASE
)
_HIGH = str.maketrans("0123456789-−+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺")
_TICKED = re.compile(r"\$`([^`]+)`\$")
_URL = re.compile(r"://[^\s<>\[\]()*\"'`|\\]+")


def install(parser: MarkdownIt) -> None:
    """Add every rule to a parser, before its own."""
    for rule in (_maths, _url, _omitted, _attributes, _inline_footnote, _wiki_link, _label):
        parser.inline.ruler.before("newline", rule.__name__, rule)
    for rule in (_highlight, _inserted, _index):
        parser.inline.ruler.before("newline", rule.__name__, rule)


def is_formula(text: str) -> bool:
    """Whether a text is a formula between `$$`, before some punctuation at most."""
    formula = text.rstrip(" .,;:")
    return formula.startswith("$$") and literals.formulas(formula) == [(0, len(formula))]


def _push(state: StateInline, silent: bool, end: int, kind: str, content: str) -> bool:
    """Take the text up to `end` as one token."""
    if not silent:
        token = state.push(kind, "", 0)
        token.content = content
        token.meta = {"lines": state.src.count("\n", state.pos, end)}
    state.pos = end
    return True


def _omit(state: StateInline, silent: bool, end: int, kind: str, content: str) -> bool:
    _push(state, silent, end, "omitted", content)
    if not silent:
        state.tokens[-1].meta["kind"] = kind
    return True


def _maths(state: StateInline, silent: bool) -> bool:
    """TeX, which is kept byte for byte, but for the backticks in the dollar signs of GitLab."""
    if state.src[state.pos] not in "$\\":
        return False
    known = state.env.setdefault("maths", {})
    if state.src not in known:
        known.clear()
        known[state.src] = dict(literals.formulas(state.src))
    end = known[state.src].get(state.pos)
    if end is None or end > state.posMax:
        return False
    tex = state.src[state.pos : end]
    return _push(state, silent, end, "maths", _TICKED.sub(r"$\1$", tex))


def _url(state: StateInline, silent: bool) -> bool:
    """The rest of a bare address, in which no sign is a mark."""
    match = _URL.match(state.src, state.pos, state.posMax)
    if not match or not state.src[state.pos - 1 : state.pos].isalpha():
        return False
    return _push(state, silent, match.end(), "text", match[0])


def _omitted(state: StateInline, silent: bool) -> bool:
    """What is not spoken: comments, embeds, tags, shortcodes, codes of emoji, ids of blocks."""
    if state.src[state.pos] not in _OMITTED:
        return False
    for kind, first, last in _PAIRED:
        if not state.src.startswith(first, state.pos):
            continue
        inside = state.pos + len(first)
        end = _find(state, last, inside)
        if end >= 0:
            return _omit(state, silent, end + len(last), kind, state.src[inside:end])
        return first == "%%" and _unclosed_comment(state, silent)
    for kind, pattern in _SINGLE:
        if match := pattern.match(state.src, state.pos, state.posMax):
            return _omit(state, silent, match.end(), kind, match[1])
    return False


def _find(state: StateInline, sign: str, start: int) -> int:
    """Where a sign stands next, or -1; a sign that was not found is not searched for again."""
    missing = state.env.setdefault("missing", {})
    if state.src not in missing:
        missing.clear()
        missing[state.src] = set()
    if sign in missing[state.src]:
        return -1
    end = state.src.find(sign, start)
    if end < 0:
        missing[state.src].add(sign)
    return end if end + len(sign) <= state.posMax else -1


def _unclosed_comment(state: StateInline, silent: bool) -> bool:
    if state.pos and not state.src[state.pos - 1].isspace():
        return False
    return _push(state, silent, state.pos + 2, "unclosed_comment", "%%")


def _attributes(state: StateInline, silent: bool) -> bool:
    src, at = state.src, state.pos
    if src[at] != "{" or not attributes.begin(src, at, state.posMax):
        return False
    end = attributes.close(src, at, state.posMax)
    if end is None:
        return _push(state, silent, state.posMax, "unclosed_attributes", "")
    is_of_image = not state.pending and bool(state.tokens) and state.tokens[-1].type == "image"
    if is_of_image or attributes.are_foreign(src, at, end):
        return _omit(state, silent, end, "foreign attribute", src[at + 1 : end - 1])
    return _push(state, silent, end, "attributes", src[at:end])


def _inline_footnote(state: StateInline, silent: bool) -> bool:
    """`^[text]`, as in Pandoc."""
    if not state.src.startswith("^[", state.pos):
        return False
    start = state.pos
    end: int = state.md.helpers.parseLinkLabel(state, start + 1)
    state.pos = start
    if end < 0:
        return False
    return _omit(state, silent, end + 1, "footnote", state.src[start + 2 : end])


def _wiki_link(state: StateInline, silent: bool) -> bool:
    """`[[page#part|text]]`, which shows its text, or else the name of the page."""
    match = _LINK.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if match[2]:
        return _inside(state, silent, match.start(2), match.end(2), match.end())
    page, _, part = match[1].partition("#")
    return _push(state, silent, match.end(), "text", (page or part).strip())


def _inside(state: StateInline, silent: bool, start: int, last: int, end: int) -> bool:
    """Take the text up to `end`, of which only what stands from `start` to `last` counts."""
    whole = state.posMax
    if not silent:
        state.pos, state.posMax = start, last
        state.md.inline.tokenize(state)
    state.pos, state.posMax = end, whole
    return True


def _label(state: StateInline, silent: bool) -> bool:
    """The bracket of `[Guest]: Yes.`, which is neither a direction nor a link."""
    if state.src[state.pos] != "[":
        return False
    from markdown_it.common.utils import normalizeReference

    match = _LABEL.match(state.src, state.pos, state.posMax)
    if not match or normalizeReference(match[1]) in state.env.get("references", {}):
        return False
    return _push(state, silent, state.pos + 1, "text_special", "[")


def _highlight(state: StateInline, silent: bool) -> bool:
    """`==text==`: the text is spoken, its signs are not."""
    src, start, last = state.src, state.pos, state.posMax
    if not src.startswith("==", start) or (start and src[start - 1].isalnum()):
        return False
    end = src.find("==", start + 2, last)
    if end <= start + 2 or src[start + 2].isspace() or src[end - 1].isspace():
        return False
    return _inside(state, silent, start + 2, end, end + 2)


def _inserted(state: StateInline, silent: bool) -> bool:
    """`^^new^^`, as in MkDocs: the signs are not spoken."""
    match = _INSERTED.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    return _push(state, silent, match.end(), "text", match[1])


def _index(state: StateInline, silent: bool) -> bool:
    """`H~2~O`, `x^2^` and `2^nd^`, as in Pandoc, and the same in HTML."""
    if state.src[state.pos] not in "~^<":
        return False
    for pattern, shown in ((_LOWERED, _low), (_RAISED, _high)):
        if match := pattern.match(state.src, state.pos, state.posMax):
            index = next(filter(None, match.groups()))
            before = state.src[max(0, state.pos - 1) : state.pos]
            return _push(state, silent, match.end(), "text", shown(index, before.isalnum()))
    return False


def _low(index: str, follows: bool) -> str:
    """A subscript; without a sign, `x~i~` would be another word."""
    return f"_{index}" if follows and index.isalpha() and len(index) <= 3 else index


def _high(index: str, follows: bool) -> str:
    """A superscript; without a sign, 10^6^ would be another number."""
    if index.isalpha():
        return f"^{index}" if follows and len(index) == 1 else index
    return index.translate(_HIGH)
