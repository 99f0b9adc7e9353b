"""What texts say is kept between runs: it is never stale, and only what changed is read again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrate.planning.readings import Readings, behaviour
from narrate.reading import lexicon, reader, utterances
from narrate.reading.problems import Unreadable
from narrate.reading.reader import Reader
from narrate.reading.utterances import Spoken
from support.project import Narrate, contents, lines

BEHAVIOUR = b"as today"
PARTS = (
    *("$x^2$", r"\(a\)", "C_ij = A_ik", "`np.einsum`", "v3.12", "$5", "12 %", "3.5e-4 m/s²", "GPU"),
    *("naïve", "A", "[pause:1s]", "<bookmark mark='b'/>", "Rows meet columns.", "日本", "\n", "≥"),
)
texts = st.lists(st.sampled_from(PARTS), min_size=1, max_size=6).map(" ".join)

ENTRIES = lexicon.parse({"Rows": "lines", "GPU": {"phonemes": "ˈdʒiːpi", "say": "card"}})
lexicons = st.sampled_from((ENTRIES, ENTRIES[:1], ()))
modes = st.sampled_from(("full", "engine", "off"))
readers = st.builds(
    Reader, st.sampled_from(("en", "de")), modes, lexicons, st.sampled_from(("", r"\[[^]]*\]"))
)


def read(kept: Readings, asked: Iterable[tuple[Reader, str]]) -> list[Spoken | None]:
    """What each text says; None if it cannot be read."""

    def say(reader: Reader, text: str) -> Spoken | None:
        try:
            return kept.by(reader)(text)
        except Unreadable:
            return None

    return [say(*each) for each in asked]


def is_known(data: bytes, text: str = "v3.12", reader: Reader = Reader()) -> bool:  # noqa: B008
    """Whether a text need not be read again."""
    kept = Readings(data, BEHAVIOUR)
    kept.by(reader)(text)
    return not kept.has_news


def made(*said: str) -> bytes:
    """What a run keeps that read these texts."""
    kept = Readings(b"", BEHAVIOUR)
    read(kept, ((Reader(), text) for text in said))
    return kept.encoded()


@given(*2 * [st.lists(st.tuples(readers, texts), max_size=5)])
def test_what_was_kept_is_what_would_be_read(
    before: list[tuple[Reader, str]], after: list[tuple[Reader, str]]
) -> None:
    last = Readings(b"", BEHAVIOUR)
    read(last, before)
    now = Readings(last.encoded(), BEHAVIOUR)
    assert read(now, before + after) == read(Readings(), before + after)


def test_only_what_is_new_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def note(text: str, **how: object) -> Spoken:
        asked.append(text)
        return Spoken(text, (), None)

    data = made("One.", "Two.")
    monkeypatch.setattr(utterances, "read", note)
    kept = Readings(data, BEHAVIOUR)
    read(kept, [(Reader(), "Two.")])
    assert not kept.has_news
    read(kept, [(Reader(), "Three."), (Reader(), "Three."), (Reader("de"), "One.")])
    assert kept.has_news
    assert asked == ["Three.", "One."]


@pytest.mark.parametrize("changed", [Reader("de"), Reader(mode="engine"), Reader(lexicon=ENTRIES)])
def test_another_reader_reads_again(changed: Reader) -> None:
    assert is_known(made("v3.12"))
    assert not is_known(made("v3.12"), reader=changed)


def test_what_the_script_says_no_more_is_forgotten() -> None:
    kept = Readings(made("v3.12", "v3.13"), BEHAVIOUR)
    read(kept, [(Reader(), "v3.12"), (Reader(), "v3.14")])
    assert is_known(kept.encoded())
    assert not is_known(kept.encoded(), "v3.13")


def test_what_cannot_be_read_is_not_kept() -> None:
    text = r"$\foo$"
    data = made(text, "v3.12")
    assert is_known(data)
    with pytest.raises(Unreadable):
        is_known(data, text)


def test_what_another_behaviour_kept_does_not_count() -> None:
    assert is_known(made("v3.12"))
    kept = Readings(made("v3.12"), b"as tomorrow")
    read(kept, [(Reader(), "v3.12")])
    assert kept.has_news


def test_damage_is_noticed() -> None:
    data = made("v3.12")
    assert is_known(data)
    damaged = [data[:place] for place in range(len(data))]
    for place in range(len(data)):
        damaged.append(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    assert not any(map(is_known, [*damaged, data + b"\0"]))


def test_the_behaviour_is_that_of_all_code_whether_it_was_imported_or_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = behaviour()
    assert b"/reading/rules/units.py" in before
    monkeypatch.setattr(reader, "BEHAVIOUR", reader.BEHAVIOUR + 1)
    assert behaviour() != before


# Through the command


@pytest.fixture
def kept(tone: Narrate) -> Narrate:
    """A project whose readings were kept."""
    tone.write("script.json", lines("In v3.12 of it.", "Rows meet columns."))
    tone.run()
    return tone


def files(narrate: Narrate) -> dict[str, bytes]:
    """What is kept."""
    return contents(narrate.cache / "readings")


def imported(narrate: Narrate, *args: str) -> set[str]:
    """The modules that a command imports."""
    program = """
import atexit, runpy, sys
atexit.register(lambda: print(*sys.modules, file=open("modules", "w")))
sys.argv = ["narrate", *sys.argv[1:]]
runpy.run_module("narrate", run_name="__main__")
"""
    done = subprocess.run(
        [sys.executable, "-c", program, *args],
        cwd=narrate.folder,
        env={"PATH": "", **narrate.env},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set((narrate.folder / "modules").read_text().split())


def rules_in(modules: set[str]) -> list[str]:
    """The modules among these that read notation."""
    rooms = ("narrate.reading.rules", "narrate.reading.mathematics", "mathra", "num2words")
    return sorted(name for name in modules if name.startswith(rooms))


def test_an_edit_of_prose_imports_no_rules(kept: Narrate) -> None:
    assert rules_in(imported(kept, "run", "--force")) == []
    kept.write("script.json", lines("In v3.12 of it.", "Rows meet other columns."))
    modules = imported(kept, "run")
    assert "narrate.reading.reader" in modules
    assert rules_in(modules) == []
    kept.write("script.json", lines("In v3.13 of it.", "Rows meet other columns."))
    assert rules_in(imported(kept, "run"))
    spoken = [segment["spoken"] for segment in kept.manifest["segments"]]
    assert spoken == ["In version three point thirteen of it.", "Rows meet other columns."]


def test_a_run_with_nothing_to_do_imports_nothing_of_reading(kept: Narrate) -> None:
    script = kept.folder / "script.json"
    while imported(kept, "run") & {"narrate.reading.reader"}:
        assert script.exists()
    assert not any("reading" in name for name in imported(kept, "run"))


def test_damaged_readings_are_replaced(kept: Narrate) -> None:
    [(name, data)] = files(kept).items()
    path = kept.cache / "readings" / name
    path.write_bytes(data[:-1] + b"?")
    manifest = (kept.out / "manifest.json").read_bytes()
    kept.run("--force")
    assert (kept.out / "manifest.json").read_bytes() == manifest
    assert files(kept) == {name: data}


def test_only_a_run_of_the_script_keeps_anything(kept: Narrate) -> None:
    before = files(kept)
    kept.write("script.json", lines("In v3.13 of it.", "Rows meet columns."))
    for command in (["plan"], ["why"], ["say", "s1", "--explain"], ["say", "v4.1", "-o", "x.wav"]):
        assert kept(*command).code == 0
    assert kept("say", "s1", "-o", "y.wav").code == 0
    assert files(kept) == before
    kept.run()
    assert files(kept) != before


def test_a_cache_that_cannot_be_written_keeps_nothing_and_fails_nothing(kept: Narrate) -> None:
    before = files(kept)
    (kept.cache / "tmp").rmdir()
    (kept.cache / "tmp").write_text("in the way")
    kept.write("script.json", lines("In v3.13 of it.", "Rows meet columns."))
    assert kept("run").code == 0
    assert files(kept) == before


def test_the_record_of_a_run_names_the_behaviour_of_the_reader(kept: Narrate) -> None:
    assert json.loads((kept.out / "run.json").read_bytes())["reader"] == reader.BEHAVIOUR
