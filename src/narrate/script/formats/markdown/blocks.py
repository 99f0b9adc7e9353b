"""Markdown text -> blocks, as tokens of markdown-it, with rules for what CommonMark does not know.

A rule gets the state of the parser, the first line, the end of the lines that it may take, and
`silent`, with which it makes no tokens and says whether it would end a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from narrate.script.formats.markdown import marks, tables

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

Rule = Callable[["StateBlock", int, int, bool], bool]

_ENDED = ["paragraph", "reference", "blockquote", "list"]
"""What the first line of most blocks ends."""

_URL = re.compile(r"[a-z][a-z0-9+.-]*://|mailto:|tel:|www\.", re.IGNORECASE)
_PATH = re.compile(r"[/#?].|\.{1,2}/|.*[^./]/[^/]|.*\.[A-Za-z][A-Za-z0-9]{1,4}(?:[#?].*)?$")
_MENTION = re.compile(r"\[([^\[\]]{1,999})\](?!:)")

_DEFINITION_LINES = 10
"""How many lines a link definition may have."""

_RULE = re.compile(r"(?:-+|=+)[ \t]*")
_OWN_TAG = re.compile(rf"</?(?:br|{marks.FORMATS}|{marks.OWN_TAGS})(?![\w:.-])", re.IGNORECASE)
_CONTAINER = re.compile(r":{3,}[ \t]*([\w-]*)[ \t]*(\{[^{}]*\})?[ \t]*:*[ \t]*(.*)")
_ADMONITION = re.compile(
    r'(?:(?:!!!|\?\?\?\+?)[ \t]++([\w-]++(?:[ \t]+(?:inline|end))*+)|===[+!]?)(?:[ \t]++"(.*)")?'
)
_HIDDEN = re.compile(
    r"\{%-?[ \t]*(highlight|comment)\b[^%]*%\}[ \t]*|\{\{[<%][ \t]*(highlight)\b.*[>%]\}\}[ \t]*"
)
_ENVIRONMENT = re.compile(
    r"\\begin\{((?:align|displaymath|eqnarray|equation|flalign|gather|multline)\*?)\}"
)
_ABBREVIATION = re.compile(r"\*\[[^\[\]]+\]:[ \t]")
_DEFINITION = re.compile(r":[ \t]+(?=\S)")


def parse(body: str, env: dict[str, object]) -> tuple[MarkdownIt, list[Token]]:
    """The parser, and the blocks of a text; what is inside of paragraphs is not parsed yet."""
    from markdown_it.common.utils import normalizeReference

    parser = _parser()
    env["mentioned"] = {normalizeReference(label) for label in _MENTION.findall(body)}
    return parser, parser.parse(body, env)


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin

    # markdown-it drops what is nested deeper than maxNesting without a warning. With a high limit,
    # deep nesting reaches Python's own limit, which is reported as an error.
    options = {"maxNesting": 1_000_000, "inline_definitions": True, "store_labels": True}
    parser = MarkdownIt("commonmark", options)
    parser.enable(["table", "strikethrough"]).disable(["inline", "code"])
    footnote_plugin(parser, inline=False, move_to_end=False, always_match_refs=True)
    # Every address of a link is markup, whatever its scheme.
    parser.validateLink = _anything  # type: ignore[method-assign]
    rules = parser.block.ruler
    rules.at("reference", _link_definition)
    rules.at("lheading", _underlined)
    rules.at("table", tables.rule, {"alt": ["paragraph", "reference"]})
    rules.at("html_block", _html, {"alt": ["paragraph", "reference", "blockquote"]})
    rules.before("paragraph", "rule", _rule, {"alt": ["paragraph"]})
    for rule in (_comment, _hidden, _display, _environment, _container, _admonition, _abbreviation):
        rules.before("fence", rule.__name__, rule, {"alt": _ENDED})
    rules.before("table", "definition", _definition, {"alt": ["paragraph"]})
    marks.install(parser)
    return parser


def _anything(url: str) -> bool:
    return True


def _text(state: StateBlock, line: int, first: str = "") -> str:
    """The text of a line without its indentation, or "" if it does not begin with one of some
    signs, as a line of 16 MiB should not be copied by every rule.
    """
    start, end = state.bMarks[line] + state.tShift[line], state.eMarks[line]
    if first and (start >= end or state.src[start] not in first):
        return ""
    return state.src[start:end]


def _omit(state: StateBlock, kind: str, text: str, start: int, end: int) -> None:
    token = state.push("omitted", "", 0)
    token.content, token.meta, token.map = text, {"kind": kind}, [start, end]


def _paragraph(state: StateBlock, text: str, start: int, end: int) -> None:
    for kind, nesting in (("paragraph_open", 1), ("inline", 0), ("paragraph_close", -1)):
        token = state.push(kind, "p" if nesting else "", nesting)  # type: ignore[arg-type]
        token.map = [start, end]
        token.content = "" if nesting else text


def _link_definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`[label]: address`; a line such as `[Guest]: Yes.` is text.

    What could be a path counts if its label is used, and what has the scheme of a URL always.
    """
    from markdown_it.rules_block import reference

    before = len(state.env.get("references", ()))
    line, count, last = state.line, len(state.tokens), state.lineMax
    # The rule looks for the end of a paragraph, which takes quadratic time if it is far away.
    state.lineMax = min(last, start + _DEFINITION_LINES)
    is_definition = reference(state, start, end, silent)
    state.lineMax = last
    if not is_definition or silent:
        return False
    found = state.tokens[count].meta
    url, label = found["url"], found["id"]
    if _URL.match(url) or (_PATH.match(url) and label in state.env["mentioned"]):
        return True
    del state.tokens[count:]
    state.line = line
    if len(state.env["references"]) > before:
        del state.env["references"][label]
    return False


def _underlined(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A heading: one line with a line of `=` under it."""
    under = start + 1
    if under >= end or state.sCount[under] < state.blkIndent:
        return False
    if not re.fullmatch(r"=+[ \t]*", _text(state, under, "=")):
        return False
    for kind, nesting in (("heading_open", 1), ("inline", 0), ("heading_close", -1)):
        token = state.push(kind, "h1" if nesting else "", nesting)  # type: ignore[arg-type]
        token.map = [start, under + 1]
        token.content = "" if nesting else _text(state, start).strip()
    state.line = under + 1
    return True


def _rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line of `-` or `=` under text, which CommonMark takes for the sign of a heading."""
    if not _RULE.fullmatch(_text(state, start, "-=")):
        return False
    state.line = start if silent else start + 1
    return True


def _html(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """HTML, but tags that narrate reads are part of a paragraph."""
    from markdown_it.rules_block import html_block

    return not _OWN_TAG.match(_text(state, start, "<")) and html_block(state, start, end, silent)


def _last(state: StateBlock, sign: str, start: int, end: int) -> int | None:
    """The line that holds the second of two signs, the first of which begins a block; None if both
    are in one line.
    """
    text = _text(state, start, sign)
    if not text.startswith(sign) or sign in text[len(sign) :]:
        return None
    return next((line for line in range(start + 1, end) if sign in _text(state, line)), None)


def _comment(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A comment of Obsidian that spans lines; text may follow in its last line."""
    last = _last(state, "%%", start, end)
    if last is None or silent:
        return last is not None
    close = state.src.index("%%", state.bMarks[last] + state.tShift[last])
    begin = state.bMarks[start] + state.tShift[start] + 2
    _omit(state, "comment", state.src[begin:close], start, last + 1)
    state.line = last + 1
    rest = close + 2
    if state.src[rest : state.eMarks[last]].strip():
        state.bMarks[last], state.tShift[last] = rest, 0
        state.line = last
    return True


def _hidden(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Code or a comment between two shortcodes, such as `{% highlight c %}`, on their own lines."""
    match = _HIDDEN.fullmatch(_text(state, start, "{"))
    if not match or silent:
        return bool(match)
    name = match[1] or match[2]
    last_tag = re.compile(rf"\{{[{{%][<%-]?[ \t]*(?:end|/[ \t]*){name}[ \t]*-?[>%]?[%}}]\}}[ \t]*")
    unclosed = state.env.setdefault("unclosed", set())
    rest = () if name in unclosed else range(start + 1, end)
    last = next((i for i in rest if last_tag.fullmatch(_text(state, i, "{"))), None)
    if last is None:
        unclosed.add(name)
        return False
    inside = state.src[state.bMarks[start + 1] : state.bMarks[last]]
    _omit(state, "code block" if name == "highlight" else name, inside, start, last + 1)
    state.line = last + 1
    return True


def _display(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Mathematics between lines of `$$`, in which no line is a mark."""
    last = _last(state, "$$", start, end)
    if last is None or silent:
        return last is not None
    content = state.getLines(start, last + 1, state.blkIndent, False)
    _paragraph(state, content.strip(), start, last + 1)
    state.line = last + 1
    return True


def _environment(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    r"""Mathematics from `\begin{align}` to its end, which needs no dollar signs."""
    match = _ENVIRONMENT.match(_text(state, start, "\\"))
    if not match:
        return False
    close = rf"\end{{{match[1]}}}"
    unclosed = state.env.setdefault("unclosed", set())
    lines = () if close in unclosed else range(start, end)
    last = next((line for line in lines if close in _text(state, line)), None)
    if last is None or silent:
        unclosed.update((close,) if last is None else ())
        return last is not None
    content = state.getLines(start, last + 1, state.blkIndent, False)
    tex, _, rest = content.strip().partition(close)
    _paragraph(state, f"$${tex}{close}$${rest}", start, last + 1)
    state.line = last + 1
    return True


def _container(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`:::name title` or `:::`; what is between such lines is spoken as usual."""
    text = _text(state, start, ":")
    match = _CONTAINER.fullmatch(text)
    if not match or silent:
        return bool(match)
    state.line = start + 1
    _omit(state, "container attribute", (match[2] or "").strip("{}"), start, start + 1)
    if title := match[3].strip().removeprefix("[").removesuffix("]"):
        _paragraph(state, title, start, start + 1)
    return True


def _admonition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`!!! note "Title"` or `=== "Title"`; the indented text below is spoken as usual."""
    match = _ADMONITION.fullmatch(_text(state, start, "!?=").rstrip())
    if not match or not (match[1] or match[2]) or silent:
        return bool(match and (match[1] or match[2]))
    state.line = start + 1
    _unindent(state, start + 1, end)
    if match[2]:
        _paragraph(state, match[2], start, start + 1)
    else:
        _omit(state, "callout", match[1], start, start + 1)
    return True


def _unindent(state: StateBlock, start: int, end: int) -> None:
    """Take four columns off the lines below an admonition, so that lists may follow text there."""
    for line in range(start, end):
        if not state.isEmpty(line):
            if state.sCount[line] < state.blkIndent + 4:
                return
            width = 1 if state.src[state.bMarks[line]] == "\t" else 4
            state.bMarks[line] += width
            state.tShift[line] -= width
            state.sCount[line] -= 4


def _abbreviation(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`*[HTML]: Hypertext Markup Language`, which only shows under the mouse."""
    text = _text(state, start, "*")
    match = _ABBREVIATION.match(text)
    if match and not silent:
        _omit(state, "abbreviation", text, start, start + 1)
        state.line = start + 1
    return bool(match)


def _definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take the sign off `: Definition`, so that what follows it is a block as any other."""
    match = _DEFINITION.match(_text(state, start, ":"))
    if match and not silent:
        state.bMarks[start] += state.tShift[start] + match.end()
        state.tShift[start] = 0
        return False
    return bool(match)
