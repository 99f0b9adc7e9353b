r"""Tags, directions, code and escapes in a written text.

The tags are those of `tags`, and `[pause:0.6s]`. Code in backticks and mathematics are passages,
in which nothing is markup. A `\` before a sign that could begin markup makes it literal. All other
markup is a problem, or, if the caller is lenient, a warning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from narrate.base.text import quoted
from narrate.reading import durations, foreign, literals, tags
from narrate.reading.passages import Kind, Passage
from narrate.reading.problems import Problem, Unreadable
from narrate.reading.tags import Tag

_CLOSING = ",.;:!?…)”’，。、；：！？"
_LITERAL = r"[\[\]<>$*_~={}#:`]"

_TOKEN = re.compile(
    rf"""
    \\(?P<escaped>{_LITERAL})
    | \[\s*pause\b(?P<pause>[^\[\]]*\]?)
    | {tags.PATTERN}
    | (?P<foreign>{foreign.PATTERN})
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_TAG_NAME = re.compile(r"<(?P<end>/?)(?P<name>[\w:.-]+)")
_POSSIBLE = re.compile(r"[\[<\\*_~={#>`$]|\A(?:\+\+\+|---)|^:::", re.MULTILINE)
"""What every piece of markup has; most texts have none of it, and `_TOKEN` takes its time."""


@dataclass(slots=True)
class Run:
    """Words without a pause among them. `language` is that of a tag; empty outside of one."""

    language: str = ""
    passages: list[Passage] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    length: int = 0

    @property
    def text(self) -> str:
        """The words."""
        return "".join(self.parts)

    def add(self, words: str) -> None:
        """Add words at the end."""
        self.parts.append(words)
        self.length += len(words)


@dataclass(slots=True)
class Marked:
    """A text without its markup: runs of words, and the pauses in seconds between them, which are
    None where only the language changes.

    Each mark is a name, the number of its run, and its place in that run. `warnings` name the
    markup that stayed in the runs, `unspoken` the languages of tags that are not spoken.
    """

    runs: list[Run] = field(default_factory=lambda: [Run()])
    pauses: list[float | None] = field(default_factory=list)
    marks: list[tuple[str, int, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unspoken: list[str] = field(default_factory=list)

    def add(self, words: str) -> None:
        """Add words to the last run; at its start, their punctuation stays with the run before.

        Otherwise, "Hello[pause:1s]." would make the model say a full stop.
        """
        last = self.runs[-1]
        if not last.length and len(self.runs) > 1 and self.runs[-2].text.strip():
            rest = words.lstrip(_CLOSING)
            self.runs[-2].add(words.removesuffix(rest))
            words = rest
        last.add(words)

    def passage(self, kind: Kind, written: str, value: str = "") -> None:
        """Add a passage to the last run; the white space around it is no part of it."""
        core = written.strip()
        if not core:
            self.add(written)
            return
        before, _, after = written.partition(core)
        self.add(before)
        last = self.runs[-1]
        start = last.length
        last.add(core)
        last.passages.append(Passage(start, last.length, kind, value))
        last.add(after)

    def pause(self, seconds: float) -> None:
        """End the run with a pause."""
        self.pauses.append(durations.bounded(seconds))
        self.runs.append(Run(self.runs[-1].language))

    def turn(self, language: str) -> None:
        """Go on in another language, without a pause."""
        if language != self.runs[-1].language:
            self.pauses.append(None)
            self.runs.append(Run(language))

    def mark(self, name: str) -> None:
        """Mark the end of what was added so far."""
        self.marks.append((name, len(self.runs) - 1, self.runs[-1].length))


def parse(
    text: str,
    *,
    lenient: bool = False,
    speaks: Callable[[str], str | None] = lambda language: None,
) -> Marked:
    """Separate the words of a text from its markup. Raises Unreadable with all problems.

    If `lenient`, unknown markup stays in the words. `speaks` gives the code for the language of a
    tag, which is empty for that of the text; if it gives None, the tag changes nothing.
    """
    if not _POSSIBLE.search(text):
        marked = Marked()
        marked.add(text)
        return marked
    parser = _Parser(text, lenient, speaks)
    parser.parse()
    if parser.problems:
        raise Unreadable(*parser.problems)
    return parser.marked


def is_plain(words: str) -> bool:
    """Whether words have no markup, code or formula in them, so that they are said as they are."""
    try:
        marked = parse(words)
    except Unreadable:
        return False
    [*others, last] = marked.runs
    return not (others or marked.marks or last.passages) and last.text == words


def escape(text: str) -> str:
    r"""The text with a `\` before each sign of markup; `parse` gives it back."""
    return re.sub(_LITERAL, r"\\\g<0>", text)


class _Parser:
    """Goes through a text from one piece of markup, or passage, to the next."""

    def __init__(self, text: str, lenient: bool, speaks: Callable[[str], str | None]) -> None:
        self.text, self.lenient, self.speaks = text, lenient, speaks
        self.marked = Marked()
        self.problems: list[Problem] = []
        self.at = 0
        self.open: list[tuple[Tag, str]] = []
        """The tags of languages that are open, each with the language around it."""

        self.refused: set[str] = set()
        """The names of tags that are a problem already."""

    def parse(self) -> None:
        token = _TOKEN.search(self.text)
        for kind, (start, end), content in literals.find(self.text):
            token = self.tokens(token, start)
            if self.at <= start:
                self.marked.add(self.text[self.at : start])
                self.marked.passage(kind, self.text[slice(*content)])
                self.at = end
        self.tokens(token, len(self.text))
        self.marked.add(self.text[self.at :])
        self.problems += [_unclosed(tag) for tag, _ in self.open]

    def tokens(self, token: re.Match[str] | None, end: int) -> re.Match[str] | None:
        """Take each piece of markup that begins before a place; return the next one."""
        while token and token.start() < end:
            if token.start() >= self.at:
                self.marked.add(self.text[self.at : token.start()])
                self.at = token.end()
                self.take(token)
            token = _TOKEN.search(self.text, self.at)
        return token

    def take(self, token: re.Match[str]) -> None:
        """Do what a piece of markup says. Its problems are noted."""
        try:
            match token.lastgroup:
                case "escaped":
                    self.marked.add(token["escaped"])
                case "pause":
                    self.marked.pause(_pause(token["pause"]))
                case "attributes":
                    self.tag(Tag(token["tag"], token["attributes"]))
                case "closing":
                    self.close(token[0])
                case _:
                    self.foreign(token)
        except Unreadable as error:
            tag = _TAG_NAME.match(token[0])
            name = tag["name"].lower() if tag else ""
            # The end of a tag that was refused is no problem by itself.
            if not (tag and tag["end"] and name in self.refused):
                self.problems += error.problems
                self.refused.add(name)

    def tag(self, tag: Tag) -> None:
        """Do what a tag says."""
        match tag.name:
            case "break":
                self.marked.pause(tag.seconds())
                self.skip_end(tag)
            case "mark" | "bookmark":
                self.marked.mark(tag.mark())
                self.skip_end(tag)
            case "lang":
                self.turn(tag)
            case _:
                self.around(tag)

    def turn(self, tag: Tag) -> None:
        """Go on in the language of a tag, or in the same if it is not spoken."""
        before = self.marked.runs[-1].language
        self.open.append((tag, before))
        language = tag.value()
        code = self.speaks(language)
        if code is None:
            self.marked.unspoken.append(language)
        else:
            self.marked.turn(code)

    def skip_end(self, tag: Tag) -> None:
        """Go on after the end of a tag that has nothing in it, as in `<break></break>`."""
        if end := re.compile(rf"\s*</{tag.name}>", re.IGNORECASE).match(self.text, self.at):
            self.at = end.end()

    def around(self, tag: Tag) -> None:
        """Take a tag with the words in it, among which there is no other tag."""
        inside = re.compile(rf"([^<>]*)</{tag.name}\s*>", re.IGNORECASE).match(self.text, self.at)
        words = parse(inside[1], lenient=self.lenient) if inside else Marked()
        value = tag.value()
        if tag.name == "sub" and not is_plain(value):
            what = f"the alias {quoted(value)} has markup in it"
            raise Unreadable(Problem(what, "write only the words that are said"))
        if not inside or words.pauses or not words.runs[0].text.strip():
            raise tags.malformed(tag.written, tag.name)
        self.marked.warnings += words.warnings
        self.marked.passage(cast(Kind, tag.name), words.runs[0].text, value)
        self.at = inside.end()

    def close(self, written: str) -> None:
        """End a language."""
        if not self.open:
            raise Unreadable(Problem(f"{written} without a tag before it", "remove it"))
        self.marked.turn(self.open.pop()[1])

    def foreign(self, token: re.Match[str]) -> None:
        """Refuse other markup, or keep it with a warning; what only looks like it is words."""
        problem = foreign.problem(self.text, token.start(), token.end())
        if not problem:
            self.at = token.start() + 1
        elif not self.lenient:
            raise Unreadable(problem)
        else:
            self.marked.warnings.append(f"{problem.what}; it is spoken as it is written")
        self.marked.add(self.text[token.start() : self.at])


def _unclosed(tag: Tag) -> Problem:
    return Problem(f"the tag {tag.written} is not closed", f"write {tags.EXAMPLES[tag.name]}")


def _pause(body: str) -> float:
    written = body.strip()
    if not (written.startswith(":") and written.endswith("]")):
        what = f"malformed tag {'[pause' + body[:20]!r}"
        duration = foreign.duration_in(written) or "0.6s"
        hint = f"write [pause:{duration}], or \\[ for a literal bracket"
        raise Unreadable(Problem(what, hint))
    return durations.seconds(written[1:-1])
