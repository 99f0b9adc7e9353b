"""Measure how technical text is read, and write docs/reading.md: reading.py [--check] [PART…].

The parts are `notation`, `normalisers`, `formulas`, `speed` and `ear`; without any, all are
measured, and what docs/reading.md quotes is made again. Prints a line of figures for each, and, if
`--verbose`, what is wrong. `--check` measures nothing and fails if the page is not what it would
write. The ear needs the packages of the dependency group `ear`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from narrate.config import ReadingMode  # noqa: E402
from narrate.reading import mathematics, rules, utterances, words  # noqa: E402
from narrate.reading.reader import Reader  # noqa: E402

CASES = ROOT / "tests" / "reading"
PAGE = ROOT / "docs" / "reading.md"
HEARD = ROOT / "build" / "reading"

QUICK = 12
"""Lines that `--quick` listens to."""

Part = Callable[["Options"], str]
PARTS: dict[str, Part] = {}


class Options(argparse.Namespace):
    """What the command line says."""

    parts: list[str]
    check: bool
    verbose: bool
    quick: bool
    lines: Path

    def wrong(self, *found: str) -> None:
        """Show something that is wrong."""
        if self.verbose:
            print(*found, sep="\n  ")


def part(function: Part) -> Part:
    """Have a function make the line of figures of the part with its name."""
    PARTS[function.__name__] = function
    return function


def rows(path: Path) -> Iterator[list[str]]:
    """The cells of a table, line by line, without its head."""
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        yield line.split("\t")


def said(text: str) -> str:
    """What is said of a line."""
    return " ".join(part.text for part in utterances.read(text, reader=Reader()).utterances)


@part
def notation(options: Options) -> str:
    """English notation, each case in the one form that a teacher says."""
    table = (CASES / "rules" / "notation.tsv").read_text(encoding="utf-8").splitlines()
    cases = [line.split("\t")[:2] for line in table]
    right = 0
    for written, expected in cases:
        found = words.spoken(written, rules.readings(written))
        right += found == expected
        if found != expected:
            options.wrong(written, expected, found)
    return f"cases={len(cases)} right={right}"


@part
def normalisers(options: Options) -> str:
    """The lines that text normalisers were compared on; each may be said in several ways."""
    cases = list(rows(CASES / "normalisers.tsv"))
    right = 0
    for written, *forms in cases:
        found = said(written)
        right += found in forms
        if found not in forms:
            options.wrong(written, found)
    return f"lines={len(cases)} right={right}"


@part
def formulas(options: Options) -> str:
    """Formulas, which are spoken or refused by name."""
    tables = [rows(CASES / name) for name in ("clearspeak.tsv", "formulas.tsv")]
    every = {tex: None for table in tables for tex, *_ in table}
    refused = 0
    for tex in every:
        try:
            mathematics.speak(tex)
        except words.Unreadable as error:
            refused += 1
            options.wrong(tex, str(error))
    return f"formulas={len(every)} spoken={len(every) - refused} refused_by_name={refused}"


@part
def speed(options: Options) -> str:
    """1,000 different segments that are read for the first time, and the import of the reader."""
    texts = list(_segments())
    said("$x$ and 3 kg and `a` by $5")
    start = time.process_time()
    for text in texts:
        said(text)
    seconds = time.process_time() - start
    long = sum(map(len, texts)) // len(texts)
    figures = f"segments={len(texts)} characters={long} read_1000_s={seconds:.2f}"
    return f"{figures} import_ms={min(_import_seconds() for _ in range(5)) * 1000:.0f}"


def _segments() -> Iterator[str]:
    """Segments of which a third have notation."""
    prose = (CASES / "rules" / "prose.txt").read_text(encoding="utf-8").splitlines()
    lines = [row[1] for row in rows(CASES / "lines.tsv")]
    for number in range(1000):
        if number % 3 == 0:
            yield f"{lines[number % len(lines)]} Take {number}."
        else:
            first, second = prose[number % len(prose)], prose[-number % len(prose) - 1]
            yield f"{first} {second}"[:70]


def _import_seconds() -> float:
    """What the reader adds to the start of Python."""
    program = "import narrate.script.read as _, time; start = time.perf_counter()\n"
    program += "import narrate.reading.reader; print(time.perf_counter() - start)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return float(done.stdout)


@part
def ear(options: Options) -> str:
    """Technical lines, said by the embedded voice and heard by Whisper base."""
    lines = list(rows(options.lines))[: QUICK if options.quick else None]
    full = _heard(options, lines, "full")
    if options.quick:
        return full
    return f"{full} {_heard(options, lines, 'off').replace('wer', 'wer_off').split()[-1]}"


def _heard(options: Options, lines: list[list[str]], mode: ReadingMode) -> str:
    """The word error rate of the lines; the worst are shown."""
    from support.hearing import Studio

    studio = Studio(HEARD)
    found = []
    for _, written, expected in lines:
        heard = studio.hear(written, mode)
        found.append((*studio.errors(expected, heard), expected, heard))
    for wrong, _, expected, heard in sorted(found, reverse=True):
        if wrong and mode == "full":
            options.wrong(f"{wrong} {expected}", heard)
    wrong, count = sum(each[0] for each in found), sum(each[1] for each in found)
    return f"lines={len(lines)} words={count} wrong={wrong} wer={wrong / count:.1%}"


def page(figures: str | None) -> str:
    """docs/reading.md with its tables made again, and with new figures if there are any."""
    text = PAGE.read_text(encoding="utf-8")
    text = _replaced(text, "rules", "\n".join(_rules()))
    text = _replaced(text, "formulas", "\n".join(_formulas()))
    return text if figures is None else _replaced(text, "figures", f"```\n{figures}\n```")


def _replaced(text: str, name: str, body: str) -> str:
    """The text with a new body between the marks of this name."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    before, _, rest = text.partition(begin)
    return f"{before}{begin}{body}\n{end}{rest.partition(end)[2]}"


def _rules() -> Iterator[str]:
    """A table of the rules, each with the first case that few others read too."""
    table = (CASES / "rules" / "notation.tsv").read_text(encoding="utf-8").splitlines()
    cases = [line.split("\t") for line in table]
    yield from ("| rule | written | said |", "|---|---|---|")
    for name in rules.NAMES:
        own = (case for case in cases if name.replace(" ", "-") in case[2].split())
        # Of the cases that fewest other rules read, one that is about as long as a column.
        written, spoken, _ = min(
            own, key=lambda case: (len(case[2].split()), abs(len(case[0]) - 28))
        )
        yield f"| {name} | {_code(written)} | {spoken} |"


def _formulas() -> Iterator[str]:
    """A table of formulas as narrate and ClearSpeak say them."""
    yield from ("| TeX | narrate | exact | ClearSpeak |", "|---|---|---|---|")
    for tex, clearspeak in rows(CASES / "clearspeak.tsv"):
        ours, exact = mathematics.speak(tex), mathematics.speak(tex, "exact")
        yield f"| {_code(tex)} | {ours} | {exact if exact != ours else 'the same'} | {clearspeak} |"


def _code(text: str) -> str:
    """A piece of code in a cell of a table, which a bar would end."""
    if "|" in text:
        return f"<code>{escape(text).replace('|', '&#124;')}</code>"
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def options() -> Options:
    """The command line, parsed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--check", action="store_true", help="only check docs/reading.md")
    parser.add_argument("--verbose", action="store_true", help="show what is wrong")
    parser.add_argument("--quick", action="store_true", help=f"listen to {QUICK} lines only")
    parser.add_argument(
        "--lines", type=Path, default=CASES / "lines.tsv", help="lines to listen to"
    )
    chosen = parser.parse_args(namespace=Options())
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    return chosen


def main() -> None:
    chosen = options()
    if chosen.check:
        sys.exit(
            0 if page(None) == PAGE.read_text(encoding="utf-8") else "docs/reading.md is stale"
        )
    figures = []
    for name in chosen.parts or PARTS:
        figures.append(f"{name}: {PARTS[name](chosen)}")
        print(figures[-1], flush=True)
    if not chosen.parts and not chosen.quick:
        PAGE.write_text(page("\n".join(figures)), encoding="utf-8")


if __name__ == "__main__":
    main()
