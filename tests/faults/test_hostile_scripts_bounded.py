"""Hostile scripts through the real command, with little memory and little time: refused, or used,
and nothing else.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from support import bounded
from support.harness import Figures
from support.project import Narrate, identities

CPU_SECONDS = 5
ADDRESS_SPACE = 512 << 20
"""A run of a harmless script needs half of it, as numpy reserves more than it uses."""

MEBIBYTES = 400
"""What a refusal may take of memory. A script may have 16 MiB, and its parts are Python objects."""

MEGA = 2**20
HELLO = {"text": "Hello."}
SPECIAL = "\x1b[31m\x1b]0;owned\x07 \u202egnp.\u2066 \x9b2J [red]x[/red] \r\b"
"""Terminal escapes, bidi overrides, markup and what moves the cursor."""

Make = Callable[[Path], object]


def segments(*entries: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"segments": list(entries) or [HELLO], **more}).encode()


def with_id(name: str) -> bytes:
    return segments({"id": name, **HELLO})


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 2**30)


def cut(path: Path) -> None:
    """As much of a script as may be read: a million segments and a little more."""
    path.write_bytes(b'[{"text":"a"}' + b',{"text":"a"}' * 1_290_000 + b"]")


def texts(number: int, name: str = "{}.txt") -> Make:
    def make(path: Path) -> None:
        path.mkdir()
        for i in range(number):
            (path / name.format(i)).write_text("Hello.")

    return make


def filled(fill: Callable[[Path], object], name: str = "a.txt") -> Make:
    """A folder with one odd thing in it."""

    def make(path: Path) -> None:
        path.mkdir()
        fill(path / name)

    return make


BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
OBJECT = "segments:\n  - text: !!python/object/apply:os.system ['touch owned']\n"
FRONT = "---\n{}\n---\n\nHello.\n"

REFUSED: dict[str, tuple[str, bytes | Make]] = {
    "a gigabyte of JSON": ("a.json", huge),
    "a gigabyte of YAML": ("a.yaml", huge),
    "a gigabyte of Markdown": ("a.md", huge),
    "a gigabyte of text": ("a.txt", huge),
    "a gigabyte in a folder": ("folder", filled(huge)),
    "16 MiB of open brackets": ("a.json", b"[" * 16 * MEGA),
    "16 MiB of nested brackets": ("a.json", b"[" * 8 * MEGA + b"]" * 8 * MEGA),
    "a million objects deep": ("a.json", b'{"a":' * 1_000_000 + b"1" + b"}" * 1_000_000),
    "16 MiB of YAML brackets": ("a.yaml", b"[" * 16 * MEGA),
    "a million lists deep in YAML": ("a.yaml", b"- " * 1_000_000 + b"a"),
    "16 MiB of YAML indentation": ("a.yaml", b"".join(b" " * i + b"a:\n" for i in range(5_700))),
    "1,290,001 segments": ("a.json", cut),
    "a million scenes": ("a.json", b'{"scenes":[' + b"{}," * 999_999 + b"{}]}"),
    "a million paragraphs": ("a.txt", b"a\n\n" * 1_000_000),
    "a million Markdown paragraphs": ("a.md", b"a\n\n" * 1_000_000),
    "a million Markdown headings": ("a.md", b"# a\n" * 1_000_000),
    "NaN": ("a.json", segments(HELLO).replace(b'"Hello."', b'"Hi.", "pause_after": NaN')),
    "infinity": ("a.json", segments(fps=float("inf"))),
    "an exponent without end": ("a.json", b'{"fps": 1e99999999999, "segments": [{"text": "Hi."}]}'),
    "a number of 10,000 digits": ("a.json", b'[{"text": "Hi.", "take": ' + b"9" * 10_000 + b"}]"),
    "a YAML number of 10,000 digits": ("a.yaml", b"- {text: Hi., take: " + b"9" * 10_000 + b"}"),
    "a YAML number in base 60": ("a.yaml", b"- {text: Hi., take: 1" + b":59" * 10_000 + b"}"),
    "a fraction of zero": ("a.json", segments(fps="1/0")),
    "a fraction of 10,000 digits": ("a.json", segments(fps="9" * 10_000 + "/1")),
    "a key given twice": ("a.json", b'[{"text": "Hi.", "text": "Ho."}]'),
    "a million keys": ("a.json", json.dumps({f"k{i}": 0 for i in range(1_000_000)}).encode()),
    "a key of a megabyte": ("a.json", json.dumps({"k" * MEGA: 0}).encode()),
    "a byte-order mark": ("a.json", b"\xef\xbb\xbf" + segments()),
    "UTF-16": ("a.json", segments().decode().encode("utf-16")),
    "UTF-16 without a mark": ("a.md", "Hello.".encode("utf-16-le")),
    "UTF-32": ("a.txt", "Hello.".encode("utf-32-be")),
    "Latin-1": ("a.txt", "Caf\u00e9".encode("latin-1")),
    "overlong UTF-8": ("a.txt", b"a\xc0\xae\xc0\xae/"),
    "NUL": ("a.md", b"Hel\0lo."),
    "a lone surrogate": ("a.json", b'[{"text": "a\\ud800"}]'),
    "a surrogate as bytes": ("a.txt", b"\xed\xa0\x80"),
    "escapes in a text": ("a.json", segments({"text": SPECIAL})),
    "escapes in an id": ("a.json", with_id(SPECIAL)),
    "escapes in a key": ("a.json", segments({SPECIAL: "x", **HELLO})),
    "escapes in a voice": ("a.json", segments(voices={SPECIAL.replace("\x1b", ""): {}})),
    "bidi in an id": ("a.json", with_id("a\u202eb")),
    "bidi in an unknown voice": ("a.json", segments({"voice": "\u202e\u2066x", **HELLO})),
    "bidi in a field": ("a.json", segments({"\u202etxt\x9b": "x", **HELLO})),
    "bidi in a path": ("a.json", segments({"audio": "\u202evaw.\x9b31m"})),
    "bidi in a tag": ("a.json", segments({"text": "a [pause:\u202e1h\x9b]"})),
    "bidi in YAML": ("a.yaml", "\u202ea: \x85b: c".encode()),
    "bidi in an attribute": ("a.md", "Hello. {#a \u202ex\u2066=1}".encode()),
    "an id that climbs": ("a.json", with_id("../../x")),
    "an absolute id": ("a.json", with_id("/etc/x")),
    "a device's id": ("a.json", with_id("CON")),
    "a device's id with a suffix": ("a.json", with_id("aux.wav")),
    "an id of 10,000 characters": ("a.json", with_id("x" * 10_000)),
    "an id of dots": ("a.json", with_id("..")),
    "an id that climbs, in a scene": (
        "a.json",
        json.dumps({"scenes": [{"id": "..", "segments": [HELLO]}]}).encode(),
    ),
    "an id that climbs, in Markdown": ("a.md", b"# A {#../../x}\n\nHello.\n"),
    "an id that climbs, as a file": ("folder", texts(1, name="..txt.txt")),
    "a YAML bomb": ("a.yaml", BOMB.encode()),
    "a YAML bomb in front matter": (
        "a.md",
        FRONT.format("voices:\n" + textwrap.indent(BOMB, " ")).encode(),
    ),
    "a YAML knot": ("a.yaml", b"&a [*a]"),
    "a YAML object": ("a.yaml", OBJECT.encode()),
    "a YAML object in front matter": (
        "a.md",
        FRONT.format("title: !!python/name:os.system").encode(),
    ),
    "a YAML module": ("a.yaml", b"!!python/module:antigravity x"),
    "a YAML merge": ("a.yaml", b"- {<<: {text: Hi.}, x: 1}"),
    "a YAML date": ("a.yaml", b"- text: 2001-01-01\n"),
    "YAML binary": ("a.yaml", b"- text: !!binary aGVsbG8="),
    "two YAML documents": ("a.yaml", b"- text: a\n---\n- text: b\n"),
    "YAML from the future": ("a.yaml", b"%YAML 9.9\n---\n- text: a\n"),
    "front matter without an end": ("a.md", b"---\n" + b"a: b\n" * 190_000),
    "16 MiB of quotes": ("a.md", b">" * 16 * MEGA),
    "a list nested deep": ("a.md", b"".join(b" " * (2 * i) + b"- a\n" for i in range(2_000))),
    "a quote nested deep": ("a.md", b"> " * 20_000 + b"a"),
    "a megabyte of open brackets": ("a.md", b"[" * MEGA),
    "a megabyte of stars": ("a.md", b"*a " * (MEGA // 3)),
    "shortcodes without an end": ("a.md", b"{{ " * 60_000),
    "a table": ("a.md", b"| a | b |\n|---|---|\n| c | d |\n"),
    "HTML": ("a.md", b"<script>alert(1)</script>\n"),
    "20,001 files": ("folder", texts(20_001)),
    "a pipe in a folder": ("folder", filled(os.mkfifo)),
    "a link to itself in a folder": ("folder", filled(lambda path: path.symlink_to(path.name))),
    "a link to its own folder": ("folder", filled(lambda path: path.symlink_to(".."))),
    "a device in a folder": ("folder", filled(lambda path: path.symlink_to("/dev/zero"))),
    "an empty folder": ("folder", texts(0)),
    "bidi in a file's name": ("folder", filled(Path.touch, "\u202etxt\x1b[31m.txt")),
    "a script named with escapes": ("\x1b[31m\u202ea.json", b"{}"),
    "a script in a format with escapes": ("a.\x1b[31m", b"{}"),
    "a pipe": ("a.json", os.mkfifo),
    "a device": ("a.json", lambda path: path.symlink_to("/dev/zero")),
    "a link to itself": ("a.json", lambda path: path.symlink_to(path.name)),
    "a recording without end": ("a.json", segments({"audio": "/dev/zero"})),
    "a recording that is a link": ("a.json", segments({"audio": "http://127.0.0.1:9/a.wav"})),
    "a recording that is a command": ("a.json", segments({"audio": "|touch owned"})),
    "a recording that is the script": ("a.json", segments({"audio": "a.json"})),
    "a voice without end": (
        "a.json",
        segments({"voice": "a", **HELLO}, voices={"a": {"ref": "/dev/zero"}}),
    ),
    "a voice that is a link": (
        "a.json",
        segments({"voice": "a", **HELLO}, voices={"a": {"ref": "http://a/b.wav"}}),
    ),
}
"""What is refused, by its name: the script's own name, and its bytes or what makes it."""

if sys.platform != "darwin":
    # The file system of a Mac refuses these names itself.
    REFUSED |= {
        "a name that is no UTF-8": ("folder", filled(Path.touch, os.fsdecode(b"\xff\xfe.txt"))),
        "a script whose name is no UTF-8": (os.fsdecode(b"\xff.json"), b"{}"),
    }

ACCEPTED: dict[str, tuple[str, bytes | Make]] = {
    "bidi and markup in a text": (
        "a.json",
        segments({"text": "\u202eolleH \\[red]x\\[/red] \x9b2J \x85"}),
    ),
    "10,000 characters": ("a.json", segments({"text": "\u0915\u094d" * 5_000})),
    "an id of 100 bytes": ("a.json", with_id("x" * 100)),
    "16 MiB of spaces": ("a.json", segments() + b" " * (16 * MEGA - 100)),
    "entities": ("a.md", b"&#x202e;&#27;[31m &lt;script&gt; Hello. &amp;" + b"&#x41;" * 500),
    "a YAML bomb that is not read": ("a.md", FRONT.format(BOMB).encode()),
    "link definitions": (
        "a.md",
        b"".join(b"[a%d]: http://b\n" % i for i in range(20_000)) + b"\nHello.\n",
    ),
    "a folder of one file": ("folder", texts(1)),
}
"""What is odd and legal."""

SLOW: dict[str, tuple[str, bytes | Make]] = {
    "a million YAML items": ("a.yaml", b"- a\n" * 1_000_000),
    "15 MiB of front matter": ("a.md", b"---\nx: '" + b"a " * (15 * MEGA // 2) + b"'\n---\n"),
    "a million pauses": (
        "a.json",
        segments(*({"text": "a[pause:60s]" * 700} for _ in range(1_800))),
    ),
}
"""What takes minutes to be refused, or asks for terabytes of silence: YAML and pauses are bounded
one by one only.
"""

SMALL = 6
"""Every how manieth of what is refused or accepted is tried in `make test`."""


class Tried:
    """What came of each script."""

    def __init__(self, narrate: Narrate) -> None:
        self.narrate = narrate
        self.ended: dict[str, bounded.Ended] = {}
        self.outside: list[str] = []

    def run(self, case: str, name: str, content: bytes | Make, *also: str) -> None:
        """Narrate one script, in a folder of its own, and note every file that it makes
        elsewhere.
        """
        folder = self.narrate.root / f"case {len(self.ended)}"
        folder.mkdir()
        path = folder / name
        content(path) if callable(content) else path.write_bytes(content)
        before = identities(self.narrate.root)
        env = self.narrate.env | {"PYTHONDONTWRITEBYTECODE": "1"}
        ended = bounded.run(
            "narrate",
            "run",
            path.name,
            *also,
            cwd=folder,
            env=env,
            space=ADDRESS_SPACE,
            seconds=CPU_SECONDS,
        )
        self.ended[case] = ended
        after = identities(self.narrate.root)
        shutil.rmtree(folder)
        changed = {
            each for each in before.keys() | after.keys() if before.get(each) != after.get(each)
        }
        allowed = (str(folder / "build" / "narration") + os.sep, str(self.narrate.cache) + os.sep)
        if ended.code == 0:
            changed = {
                each for each in changed if not str(self.narrate.root / each).startswith(allowed)
            }
        self.outside += [f"{case}: {each}" for each in changed]

    def those(self, wrong: Callable[[bounded.Ended], bool]) -> dict[str, str]:
        """What was said about the scripts of which something is true."""
        return {
            case: f"{ended.code}: {ended.text[-500:]!r}"
            for case, ended in self.ended.items()
            if wrong(ended)
        }


def raw(text: str) -> bool:
    """Whether a terminal would obey it rather than show it."""
    return not all(char.isprintable() or char in "\n" for char in text)


def mutated(chance: random.Random, cases: Iterable[tuple[str, bytes | Make]]) -> tuple[str, bytes]:
    """A script made of two halves of others, with a few bytes changed."""
    formats = ("a.json", "a.yaml", "a.md", "a.txt")
    known = [
        (name, made)
        for name, made in cases
        if name in formats and isinstance(made, bytes) and len(made) < 5_000
    ]
    (name, first), (_, second) = chance.choice(known), chance.choice(known)
    mixed = bytearray(
        first[: chance.randint(0, len(first))] + second[chance.randint(0, len(second)) :] or b"a"
    )
    for _ in range(chance.randint(0, 5)):
        mixed[chance.randrange(len(mixed))] = chance.choice(
            b"\0\n\r\t \"\\[]{}:,-#&*!|>'%@`\x1b\x7f\x80\xff09aA"
        )
    return name, bytes(mixed)


@pytest.mark.slow
def test_a_hostile_script_is_refused_or_used_within_bounds(tone: Narrate, figures: Figures) -> None:
    tried = Tried(tone)
    chosen = [*REFUSED.items(), *ACCEPTED.items()][:: figures.size(SMALL, 1)]
    for case, (name, content) in chosen:
        tried.run(case, name, content)
    chance, cases = random.Random(1), [*REFUSED.values(), *ACCEPTED.values()]
    for number in range(figures.size(6, 300)):
        tried.run(f"mixed {number}", *mutated(chance, cases))
    tracebacks = tried.those(
        lambda ended: "Traceback" in ended.text or "unexpected: " in ended.text
    )
    printed = tried.those(lambda ended: raw(ended.text))
    figures.report(
        "scripts",
        cases=len(tried.ended),
        refused=len(tried.those(lambda ended: ended.code == 2)),
        accepted=len(tried.those(lambda ended: ended.code == 0)),
        tracebacks=len(tracebacks),
        outside=len(tried.outside),
        raw=len(printed),
        longest_s=f"{max(ended.seconds for ended in tried.ended.values()):.2f}",
        most_mib=round(max(ended.mebibytes for ended in tried.ended.values())),
    )
    assert (tracebacks, printed, tried.outside) == ({}, {}, [])
    assert tried.those(lambda ended: ended.code not in (0, 2)) == {}
    assert [
        case for case in REFUSED.keys() & tried.ended.keys() if tried.ended[case].code != 2
    ] == []
    assert [
        case for case in ACCEPTED.keys() & tried.ended.keys() if tried.ended[case].code != 0
    ] == []
    assert (
        tried.those(lambda ended: ended.seconds > CPU_SECONDS or ended.mebibytes > MEBIBYTES) == {}
    )


@pytest.mark.slow
@pytest.mark.parametrize("case", SLOW if Figures.large else [*SLOW][:1])
def test_what_takes_long_to_understand_is_refused_within_bounds(tone: Narrate, case: str) -> None:
    tried = Tried(tone)
    tried.run(case, *SLOW[case])
    assert tried.ended[case].code == 2
