r"""Tags, directions and escapes in a written text.

`[pause:0.6s]` and `<break time="0.6s"/>` are pauses, and `<bookmark mark='x'/>` is a mark. A `\`
before a sign that could begin markup makes it literal. Mathematics is left as it is. All other
markup is a problem, or, if the caller is lenient, a warning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from narrate.reading import durations, foreign, maths
from narrate.reading.problems import Problem, Unreadable

_CLOSING = ",.;:!?…)”’，。、；：！？"
_LITERAL = r"[\[\]<>$*_~={}#:]"

_TOKEN = re.compile(
    rf"""
    \\(?P<escaped>{_LITERAL})
    | \[\s*pause\b(?P<pause>[^\[\]]*\]?)
    | <break\b(?P<break>[^<>]*)>(?:\s*</break>)?
    | <bookmark\b(?P<bookmark>[^<>]*)>(?:\s*</bookmark>)?
    | (?P<foreign>{foreign.PATTERN})
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_POSSIBLE = re.compile(r"[\[<\\*_~={#>`$]|\A(?:\+\+\+|---)|^:::", re.MULTILINE)
"""What every piece of markup has; most texts have none of it, and `_TOKEN` takes its time."""

_TIME = re.compile(r"""\s*time\s*=\s*(["'])(.*?)\1\s*/?\s*""", re.IGNORECASE)
_NAME = re.compile(r"""\s*mark\s*=\s*(["'])([^"']{1,100})\1\s*/?\s*""", re.IGNORECASE)


@dataclass(slots=True)
class Marked:
    """A text without its markup: runs of words, and the pauses in seconds between them.

    Each mark is a name, the number of its run, and its place in that run; each formula is the
    number of its run, and where it starts and ends there. `warnings` name the markup that stayed
    in the runs.
    """

    pauses: list[float] = field(default_factory=list)
    marks: list[tuple[str, int, int]] = field(default_factory=list)
    formulas: list[tuple[int, int, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _runs: list[list[str]] = field(default_factory=lambda: [[]])
    _length: int = 0

    @property
    def runs(self) -> list[str]:
        """The words around the pauses; there is one run more than pauses."""
        return ["".join(parts) for parts in self._runs]

    def add(self, words: str) -> None:
        """Add words to the last run; after a pause, their punctuation stays with the run before.

        Otherwise, "Hello[pause:1s]." would make the model say a full stop.
        """
        if not self._length and len(self._runs) > 1 and any(map(str.strip, self._runs[-2])):
            rest = words.lstrip(_CLOSING)
            self._runs[-2].append(words.removesuffix(rest))
            words = rest
        self._runs[-1].append(words)
        self._length += len(words)

    def formula(self, written: str) -> None:
        """Add a formula to the last run."""
        start = self._length
        self.add(written)
        if written:
            self.formulas.append((len(self._runs) - 1, start, self._length))

    def pause(self, seconds: float) -> None:
        """End the run with a pause."""
        self.pauses.append(durations.bounded(seconds))
        self._runs.append([])
        self._length = 0

    def mark(self, name: str) -> None:
        """Mark the end of what was added so far."""
        self.marks.append((name, len(self._runs) - 1, self._length))


def parse(text: str, *, lenient: bool = False) -> Marked:
    """Separate the words of a text from its markup. Raises Unreadable with all problems.

    If `lenient`, unknown markup stays in the words.
    """
    marked, at = Marked(), 0
    problems: list[Problem] = []
    if not _POSSIBLE.search(text):
        marked.add(text)
        return marked
    match = _TOKEN.search(text)
    for start, end in [*maths.spans(text), (len(text), len(text))]:
        while match and match.start() < start:
            at = _reached(marked, match, at, lenient, problems)
            match = _TOKEN.search(text, at)
        if at <= start:
            marked.add(text[at:start])
            marked.formula(text[start:end])
            at = end
    if problems:
        raise Unreadable(*problems)
    return marked


def _reached(
    marked: Marked, match: re.Match[str], at: int, lenient: bool, problems: list[Problem]
) -> int:
    """Add the words from `at` to a piece of markup, unless it is inside a formula, and do what it
    says; return where the text goes on. Its problems are noted.
    """
    if match.start() < at:
        return at
    marked.add(match.string[at : match.start()])
    try:
        return _take(marked, match, lenient)
    except Unreadable as error:
        problems += error.problems
        return match.end()


def escape(text: str) -> str:
    r"""The text with a `\` before each sign of markup; `parse` gives it back."""
    return re.sub(_LITERAL, r"\\\g<0>", text)


def _take(marked: Marked, match: re.Match[str], lenient: bool) -> int:
    """Do what a piece of markup says; return where the text goes on. Raises Unreadable."""
    inside = match[match.lastgroup or 0]
    match match.lastgroup:
        case "escaped":
            marked.add(inside)
        case "pause":
            marked.pause(_pause(inside))
        case "break":
            marked.pause(_break(inside))
        case "bookmark":
            marked.mark(_bookmark(inside))
        case _:
            return _foreign(marked, match, lenient)
    return match.end()


def _foreign(marked: Marked, match: re.Match[str], lenient: bool) -> int:
    problem = foreign.problem(match.string, match.start(), match.end())
    if problem and not lenient:
        raise Unreadable(problem)
    if problem:
        marked.warnings.append(f"{problem.what}; it is spoken as it is written")
        marked.add(match[0])
        return match.end()
    marked.add(match[0][0])
    return match.start() + 1


def _pause(body: str) -> float:
    written = body.strip()
    if not (written.startswith(":") and written.endswith("]")):
        what = f"malformed tag {'[pause' + body[:20]!r}"
        duration = foreign.duration_in(written) or "0.6s"
        hint = f"write [pause:{duration}], or \\[ for a literal bracket"
        raise Unreadable(Problem(what, hint))
    return durations.seconds(written[1:-1])


def _break(attributes: str) -> float:
    time = _TIME.fullmatch(attributes)
    if not time:
        what = f"malformed tag {'<break' + attributes[:40] + '>'!r}"
        raise Unreadable(Problem(what, 'write <break time="0.6s"/> or [pause:0.6s]'))
    return durations.seconds(time[2])


def _bookmark(attributes: str) -> str:
    name = _NAME.fullmatch(attributes)
    if not name:
        what = f"malformed tag {'<bookmark' + attributes[:40] + '>'!r}"
        raise Unreadable(Problem(what, "write <bookmark mark='x'/>"))
    return name[2]
