"""Archives of clips: what goes out comes in as it was, and nothing comes in that is not what went
out.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import soundfile

from narrate import archive
from narrate.archive import Imported
from narrate.base import limits
from narrate.cache import Store
from narrate.checks import structure as checks
from narrate.engines.base import Synthesis
from narrate.errors import EnvironmentProblem, UsageError
from narrate.request import canonical_json, key
from narrate.store import entry, tag
from narrate.store.entry import Clip
from support.plans import noise, request
from support.project import Narrate, contents, lines

RATE = 24_000
SCRIPT = lines("The first line.", "The second line.", "The third line.")


def put(
    store: Store, text: str, pcm: bytes | None = None, rate: int = RATE, **provenance: Any
) -> Clip:
    pcm = noise(5000, len(text)) if pcm is None else pcm
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
    measures = checks.measure(Synthesis(samples, rate))
    return store.put(request(text).canonical(), pcm, rate, {"measures": measures, **provenance})


@pytest.fixture
def full(tmp_path: Path) -> Store:
    """A cache of three clips."""
    store = Store(tmp_path / "full")
    for text in ("One.", "Another.", "The last of them."):
        put(store, text, seconds=0.5)
    return store


@pytest.fixture
def empty(tmp_path: Path) -> Store:
    return Store(tmp_path / "empty")


@pytest.fixture
def packed(full: Store, tmp_path: Path) -> Path:
    """The archive of the full cache."""
    path = tmp_path / "clips.zip"
    assert archive.export(full.entries(), full, path) == 3
    return path


def entries(store: Store | Path) -> dict[str, bytes]:
    root = store.root if isinstance(store, Store) else store
    return contents(root / "v1")


def altered(
    path: Path, number: int, kind: str, change: Callable[[bytes], bytes], rename: str = ""
) -> str:
    """Change one member of an archive, which stays well-formed; return the key of its clip."""
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    name = sorted({name.partition(".")[0] for name in members})[number]
    members[f"{name}.{kind}"] = change(members[f"{name}.{kind}"])
    with zipfile.ZipFile(path, "w") as into:
        for member, data in members.items():
            into.writestr(member.replace(name, rename or name), data)
    return rename or name


def check_refused(store: Store, path: Path, name: str, why: str, others: dict[str, bytes]) -> None:
    """One clip is refused, with the reason, and the others come in."""
    imported = archive.import_clips(path, store)
    assert (imported.new, imported.known, list(imported.refused)) == (len(others) - 1, 0, [name])
    assert re.search(why, imported.refused[name])
    found = entries(store)
    assert len(found) == len(others) - 1
    assert found.items() <= others.items()
    assert store.verify() == (len(others) - 1, 0)


# There and back


def test_what_comes_in_is_what_went_out_byte_for_byte(
    full: Store, empty: Store, packed: Path
) -> None:
    assert archive.import_clips(packed, empty) == Imported(new=3)
    assert entries(empty) == entries(full) != {}


def test_the_same_clips_make_the_same_archive_in_whatever_order(
    full: Store, empty: Store, packed: Path
) -> None:
    again = packed.with_name("again.zip")
    archive.export(reversed(list(full.entries())), full, again)
    assert again.read_bytes() == packed.read_bytes()
    archive.import_clips(packed, empty)
    archive.export(empty.entries(), empty, again)
    assert again.read_bytes() == packed.read_bytes()


@pytest.mark.parametrize(
    "pcm",
    [
        np.zeros(120 * RATE, "<i2").tobytes(),
        np.full(120 * RATE, 7, "<i2").tobytes(),
        np.array([5], "<i2").tobytes(),
        np.tile(np.array([32767, -32768], "<i2"), RATE).tobytes(),
        noise(10 * RATE),
    ],
    ids=["silence", "one value", "one sample", "full scale", "noise"],
)
@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 192_000])
def test_any_sound_survives_the_journey(
    tmp_path: Path, empty: Store, pcm: bytes, rate: int
) -> None:
    store, path = Store(tmp_path / "cache"), tmp_path / "clips.zip"
    put(store, "Any.", pcm, rate)
    archive.export(store.entries(), store, path)
    assert archive.import_clips(path, empty) == Imported(new=1)
    assert entries(empty) == entries(store)


def test_what_was_louder_than_full_scale_survives_the_journey(tmp_path: Path, empty: Store) -> None:
    store, path = Store(tmp_path / "cache"), tmp_path / "clips.zip"
    loud = (np.sin(np.arange(RATE) / 20) * 3).astype(np.float32)
    pcm = np.clip(np.rint(loud * 32768), -32768, 32767).astype("<i2").tobytes()
    provenance = {"measures": checks.measure(Synthesis(loud, RATE))}
    store.put(request().canonical(), pcm, RATE, provenance)
    archive.export(store.entries(), store, path)
    assert archive.import_clips(path, empty) == Imported(new=1)


def test_a_second_import_knows_all_of_it(full: Store, empty: Store, packed: Path) -> None:
    archive.import_clips(packed, empty)
    before = entries(empty)
    assert archive.import_clips(packed, empty) == Imported(known=3)
    assert archive.import_clips(packed, full) == Imported(known=3)
    assert entries(empty) == before


def test_another_take_that_is_here_stays(empty: Store, packed: Path) -> None:
    mine = put(empty, "One.", noise(700, 99))
    assert archive.import_clips(packed, empty) == Imported(new=2, known=1)
    assert bytes(empty.read(mine)) == noise(700, 99)


def test_a_take_that_is_here_and_damaged_is_replaced(full: Store, packed: Path) -> None:
    before = entries(full)
    path = next(full.root.glob("v1/*/*.wav"))
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert archive.import_clips(packed, full) == Imported(new=1, known=2)
    assert entries(full) == before


def test_an_archive_holds_flac_that_anybody_can_play(packed: Path) -> None:
    with zipfile.ZipFile(packed) as found:
        assert found.testzip() is None
        names = found.namelist()
        sounds = [found.read(name) for name in names if name.endswith(".flac")]
        texts = {
            json.loads(found.read(name))["request"]["text"]
            for name in names
            if name.endswith(".json")
        }
    assert [soundfile.info(io.BytesIO(sound)).samplerate for sound in sounds] == [RATE] * 3
    assert texts == {"One.", "Another.", "The last of them."}


def test_an_archive_of_nothing_is_one(empty: Store, tmp_path: Path) -> None:
    path = tmp_path / "none.zip"
    assert archive.export([], empty, path) == 0
    assert archive.import_clips(path, empty) == Imported()


def test_a_misfiled_entry_stays_at_home(full: Store, empty: Store, tmp_path: Path) -> None:
    place = next(full.root.glob("v1/*/*.wav"))
    place.with_name("copy of it.wav").write_bytes(place.read_bytes())
    path = tmp_path / "clips.zip"
    assert archive.export(full.entries(), full, path) == 3
    assert archive.import_clips(path, empty) == Imported(new=3)


# What was altered


def test_other_samples_are_refused(full: Store, empty: Store, packed: Path) -> None:
    def louder(sound: bytes) -> bytes:
        samples, rate = soundfile.read(io.BytesIO(sound), dtype="int16")
        samples[50] += 1
        into = io.BytesIO()
        soundfile.write(into, samples, rate, "PCM_16", format="FLAC")
        return into.getvalue()

    name = altered(packed, 1, "flac", louder)
    check_refused(empty, packed, name, "not those that were exported", entries(full))


def test_cut_samples_are_refused(full: Store, empty: Store, packed: Path) -> None:
    name = altered(packed, 0, "flac", lambda sound: sound[: len(sound) // 2])
    check_refused(empty, packed, name, "cannot be read|not those", entries(full))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (rb'"text":"', b'"text":"Not ', "another request's key"),
        (rb'"seconds":0.5', b'"seconds":0.25', "not those that were exported"),
        (rb'"provenance":\{', b'"provenance":{"x":1,', "not those that were exported"),
        (rb'"digest":"....', b'"digest":"zzzz', "not those that were exported"),
        (rb'"digest":"[^"]*"', b'"digest":""', "not those that were exported"),
        (rb'"digest"', b'"digger"', "digest"),
        (rb"^\{", b"", "cannot be read"),
    ],
)
def test_another_document_is_refused(
    full: Store, empty: Store, packed: Path, old: bytes, new: bytes, why: str
) -> None:
    name = altered(packed, 2, "json", lambda data: re.sub(old, new, data, count=1))
    check_refused(empty, packed, name, why, entries(full))


def test_another_key_is_refused(full: Store, empty: Store, packed: Path) -> None:
    name = altered(packed, 1, "json", bytes, rename="0" * 32)
    check_refused(empty, packed, name, "another request's key", entries(full))


def forged(path: Path, form: bytes, pcm: bytes, provenance: bytes) -> str:
    """An archive of a clip whose digest is right, whatever it is of."""
    samples, rate = np.frombuffer(pcm, "<i2"), RATE
    whole = entry.compose(form, pcm, rate, msgspec.Raw(provenance))
    sound, digest = io.BytesIO(), whole[-16:].hex().encode()
    soundfile.write(sound, samples, rate, "PCM_16", format="FLAC")
    with zipfile.ZipFile(path, "w") as into:
        into.writestr(f"{key(form)}.flac", sound.getvalue())
        into.writestr(
            f"{key(form)}.json",
            b'{"request":%b,"provenance":%b,"digest":"%b"}' % (form, provenance, digest),
        )
    return key(form)


FINE = b'{"measures":{"stop":"end","seconds":1.0,"peak":%b,"silent":%b,"clipped":0.0}}'
HUM = (8000 * np.sin(np.arange(RATE) / 20)).astype("<i2")


@pytest.mark.parametrize(
    ("pcm", "provenance", "why"),
    [
        (bytes(2 * RATE), FINE % (b"0.5", b"0.0"), "not those of its samples"),
        (bytes(2 * RATE), FINE % (b"0.5", b"0.95"), "not those of its samples"),
        (bytes(2 * RATE), FINE % (b"0.5", b"1.0"), "not those of its samples"),
        (
            (HUM // 1000).astype("<i2").tobytes(),
            FINE % (b"0.24", b"0.95"),
            "not those of its samples",
        ),
        (HUM.tobytes(), FINE % (b"-0.24", b"0.0"), "not those of its samples"),
        (HUM[:1000].tobytes(), FINE % (b"0.24414", b"0.0"), "not those of its samples"),
        (HUM.tobytes(), b'{"measures":{"stop":"end"}}', "makes no sense|chunk is wrong"),
        (HUM.tobytes(), b'{"measures":null,"x":"\xff"}', "makes no sense|chunk is wrong"),
        (HUM.tobytes(), b'{"recording":7}', "makes no sense|chunk is wrong"),
        (HUM.tobytes(), b"[]", "chunk is wrong"),
    ],
)
def test_measurements_are_those_of_the_samples(
    tmp_path: Path, empty: Store, pcm: bytes, provenance: bytes, why: str
) -> None:
    name = forged(tmp_path / "forged.zip", request().canonical(), pcm, provenance)
    check_refused(empty, tmp_path / "forged.zip", name, why, {"": b""})


def test_true_measurements_are_believed(tmp_path: Path, empty: Store) -> None:
    forged(
        tmp_path / "forged.zip", request().canonical(), HUM.tobytes(), FINE % (b"0.24414", b"0.0")
    )
    assert archive.import_clips(tmp_path / "forged.zip", empty) == Imported(new=1)


@pytest.mark.parametrize(
    "lie", [{"dropout": 9.0}, {"steady": 0.0}, {"offset": 0.1}, {"gaps": ((500, 900),)}]
)
def test_fine_measurements_are_those_of_the_samples(
    tmp_path: Path, empty: Store, lie: dict[str, object]
) -> None:
    true = checks.measure(Synthesis(np.multiply(HUM, 1 / 32768, dtype=np.float32), RATE))
    for name, measures in {"true": true, "lie": msgspec.structs.replace(true, **lie)}.items():
        provenance = msgspec.json.encode({"measures": measures})
        file = tmp_path / f"{name}.zip"
        key = forged(file, request().canonical(), HUM.tobytes(), provenance)
        if name == "lie":
            empty = Store(tmp_path / "another")
            check_refused(empty, file, key, "not those of its samples", {"": b""})
        else:
            assert archive.import_clips(file, empty) == Imported(new=1)


@pytest.mark.parametrize(
    ("form", "why"),
    [
        (request().canonical().replace(b",", b", "), "canonical"),
        (b'{"text":"b","engine":"a"}', "canonical"),
        (b'{"engine":"a","take":1.0}', "makes no sense|chunk is wrong"),
        (b"[1]", "makes no sense|chunk is wrong"),
        (b'"text"', "makes no sense|chunk is wrong"),
        (canonical_json({"text": 1}), "makes no sense|chunk is wrong"),
        (b'{"text":"\xff"}', "makes no sense|chunk is wrong"),
    ],
)
def test_a_request_is_such_as_we_write(tmp_path: Path, empty: Store, form: bytes, why: str) -> None:
    name = forged(tmp_path / "forged.zip", form, HUM.tobytes(), FINE % (b"0.24414", b"0.0"))
    check_refused(empty, tmp_path / "forged.zip", name, why, {"": b""})


def test_a_member_larger_than_any_entry_is_not_read(
    packed: Path, full: Store, empty: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = max(info.file_size for info in zipfile.ZipFile(packed).infolist())
    name = next(
        info.filename for info in zipfile.ZipFile(packed).infolist() if info.file_size == most
    )
    monkeypatch.setattr(limits, "ENTRY_BYTES", most - 1)
    imported = archive.import_clips(packed, empty)
    assert imported.refused[name.partition(".")[0]] == f"{name} is too large"


@pytest.mark.parametrize("content", [b"", b"PK", b"Hello, I am no archive.", bytes(1000)])
def test_what_is_no_archive_is_refused_whole(tmp_path: Path, empty: Store, content: bytes) -> None:
    path = tmp_path / "clips.zip"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="not an archive of clips") as raised:
        archive.import_clips(path, empty)
    assert raised.value.where == str(path)
    assert "narrate cache export" in raised.value.hint
    assert not empty.root.exists()


def test_a_member_that_is_none_of_ours_refuses_the_whole(packed: Path, empty: Store) -> None:
    with zipfile.ZipFile(packed, "a") as into:
        into.writestr("../evil.txt", b"Hello.")
    with pytest.raises(UsageError, match=r"it holds '\.\./evil\.txt'"):
        archive.import_clips(packed, empty)
    assert not empty.root.exists()


# Trouble with the disk


def test_a_cache_that_cannot_be_written_is_said_and_not_counted(
    packed: Path, tmp_path: Path
) -> None:
    root = tmp_path / "blocked"
    root.mkdir()
    tag.put(root)
    (root / "tmp").touch()
    with (
        Store(root) as store,
        pytest.raises(EnvironmentProblem, match="cannot be written") as raised,
    ):
        archive.import_clips(packed, store)
    assert raised.value.where == str(root)


def test_an_export_that_fails_leaves_what_was_there(
    full: Store, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(packed.parent)

    def fail(*_: Any) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_flac", fail)
    with pytest.raises(EnvironmentProblem, match=r"cannot be written \(No space left"):
        archive.export(full.entries(), full, packed)
    assert contents(packed.parent) == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_whatever_ends_an_export_no_half_file_is_left(
    full: Store, packed: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    before = contents(packed.parent)
    calls = []

    def interrupted(samples: memoryview, rate: int) -> bytes:
        calls.append(rate)
        if len(calls) > 1:
            raise error
        return b"sound"

    monkeypatch.setattr(archive, "_flac", interrupted)
    with pytest.raises(error):
        archive.export(full.entries(), full, packed)
    assert len(calls) == 2
    assert contents(packed.parent) == before


def test_an_export_removes_only_the_file_that_it_made(
    full: Store, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.urandom", bytes)
    packed.with_name(f".{packed.name}.{bytes(8).hex()}").write_text("precious")
    before = contents(packed.parent)
    with pytest.raises(EnvironmentProblem, match="File exists"):
        archive.export(full.entries(), full, packed)
    assert contents(packed.parent) == before


@pytest.mark.parametrize("place", [".", "/", "/dev/null"])
def test_only_a_file_is_written_to(full: Store, place: str) -> None:
    with pytest.raises(UsageError, match="not a regular file"):
        archive.export(full.entries(), full, Path(place))
    assert not Path(place).is_file()


def test_a_damaged_clip_ends_an_export_which_goes_on_without_it(
    full: Store, tmp_path: Path
) -> None:
    path = tmp_path / "clips.zip"
    damaged = next(full.root.glob("v1/*/*.wav"))
    damaged.write_bytes(damaged.read_bytes()[:100] + b"!!" + damaged.read_bytes()[102:])
    with pytest.raises(EnvironmentProblem, match="vanished or was damaged") as raised:
        archive.export(full.entries(), full, path)
    assert damaged.name in raised.value.where
    assert (path.exists(), full.quarantined) == (False, 1)
    assert archive.export(full.entries(), full, path) == 2


# The command


@pytest.fixture
def spoken(tone: Narrate) -> Narrate:
    """A narration of three lines."""
    tone.write("script.json", SCRIPT)
    tone.run()
    return tone


def another(tone: Narrate, name: str = "elsewhere") -> Narrate:
    """The same command on another machine."""
    (tone.root / name).mkdir()
    return Narrate(tone.root / name, NARRATE_ENGINE="tone")


def test_a_machine_that_has_only_the_archive_narrates_the_same(spoken: Narrate) -> None:
    rng = np.random.default_rng(1)
    sound = spoken.folder / "bell.wav"
    soundfile.write(sound, rng.uniform(-0.5, 0.5, 8000), 16_000)
    script = [*SCRIPT, {"id": "bell", "audio": "bell.wav"}, {"id": "quiet", "audio": "quiet.wav"}]
    soundfile.write(spoken.folder / "quiet.wav", np.zeros(48_000), 48_000)
    spoken.write("script.json", script)
    # The silent recording would be refused.
    spoken.env["NARRATE_QA"] = "off"
    spoken.run()
    ran = spoken("cache", "export", "clips.zip")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("5 clips exported, ")
    other = another(spoken)
    other.env["NARRATE_QA"] = "off"
    for name in ("script.json", "bell.wav", "quiet.wav"):
        other.write(name, (spoken.folder / name).read_bytes())
    assert other("run", "script.json", "--frozen").code == 3
    ran = other("cache", "import", spoken.folder / "clips.zip")
    assert (ran.code, ran.out, ran.err) == (0, "5 new, 0 here already, 0 refused\n", "")
    assert contents(other.cache / "v1") == contents(spoken.cache / "v1")
    ran = other("run", "script.json", "--frozen")
    assert ran.code == 0, ran.err
    assert other.outputs() == spoken.outputs()
    ran = other("cache", "import", spoken.folder / "clips.zip")
    assert (ran.code, ran.out) == (0, "0 new, 5 here already, 0 refused\n")


def test_an_export_of_a_script_holds_what_it_needs_and_no_more(spoken: Narrate) -> None:
    needed = contents(spoken.cache / "v1")
    spoken.write("more.json", lines("The first line.", "A fourth line.", "A fifth line."))
    spoken.run(script="more.json")
    ran = spoken("cache", "export", "--script", "script.json", "clips.zip")
    assert (ran.code, ran.out.partition(",")[0]) == (0, "3 clips exported")
    other = another(spoken)
    assert other("cache", "import", spoken.folder / "clips.zip").code == 0
    assert contents(other.cache / "v1") == needed
    reordered = spoken.write(
        "reordered.json", [{**each, "id": f"x{each['id']}"} for each in reversed(SCRIPT)]
    )
    assert spoken("cache", "export", "--script", reordered.name, "again.zip").code == 0
    assert (spoken.folder / "again.zip").read_bytes() == (spoken.folder / "clips.zip").read_bytes()


def test_an_export_of_what_is_missing_names_it_and_leaves_no_file(spoken: Narrate) -> None:
    spoken.write(
        "more.json",
        [*SCRIPT, {"id": "new", "text": "A new line."}, {"id": "newer", "text": "A newer one."}],
    )
    before = contents(spoken.folder)
    ran = spoken("cache", "export", "--script", "more.json", "clips.zip")
    assert (ran.code, ran.out) == (3, "")
    assert "2 segments" in ran.err
    assert "new, newer" in ran.err
    assert "next: run: narrate run more.json, then export again" in ran.err
    assert contents(spoken.folder) == before


def test_an_export_of_a_damaged_clip_says_so_and_the_next_one_names_the_segment(
    spoken: Narrate,
) -> None:
    damaged = spoken.clips[1]
    text = next(
        each.request["text"] for each in Store(spoken.cache).entries() if each.path == damaged
    )
    damaged.write_bytes(damaged.read_bytes()[:1000] + b"!!" + damaged.read_bytes()[1002:])
    ran = spoken("cache", "export", "--script", "script.json", "clips.zip")
    assert (ran.code, ran.out) == (6, "")
    assert str(damaged) in ran.err
    assert "next: run it again" in ran.err
    assert not (spoken.folder / "clips.zip").exists()
    ran = spoken("cache", "export", "--script", "script.json", "clips.zip")
    assert ran.code == 3
    assert next(each["id"] for each in SCRIPT if each["text"] == text) in ran.err
    assert spoken.run("--force", "s1", "s2", "s3")["spoken"] == 3
    assert spoken("cache", "export", "--script", "script.json", "clips.zip").code == 0


def test_after_an_export_that_found_something_missing_a_run_makes_it(spoken: Narrate) -> None:
    spoken("cache", "prune", "--max-size", "1KB")
    assert spoken("cache", "export", "--script", "script.json", "clips.zip").code == 3
    assert spoken.run()["spoken"] == 3
    assert spoken("cache", "export", "--script", "script.json", "clips.zip").code == 0


def test_an_altered_clip_is_refused_and_the_others_come_in(spoken: Narrate) -> None:
    spoken("cache", "export", "clips.zip")
    name = altered(
        spoken.folder / "clips.zip", 1, "json", lambda data: data.replace(b"line", b"lies")
    )
    other = another(spoken)
    ran = other("cache", "import", spoken.folder / "clips.zip")
    assert (ran.code, ran.out) == (4, "2 new, 0 here already, 1 refused\n")
    assert f"refused {name}: it is filed under another request's key\n" in ran.err
    assert "error: " in ran.err
    assert "1 clip could not be verified" in ran.err
    assert len(other.clips) == 2
    assert other("cache", "ls").out.count("tone") == 2


def test_a_file_that_is_no_archive_is_refused(tone: Narrate) -> None:
    tone.write("clips.zip", "Hello.")
    refusals = {
        "clips.zip": "not an archive of clips",
        "none.zip": "No such file",
        ".": "is not a regular file",
    }
    for name, said in refusals.items():
        ran = tone("cache", "import", name)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.err
        assert "next: name a file that `narrate cache export` made" in ran.err
    assert not tone.cache.exists()


def test_an_archive_that_cannot_be_written_is_said(spoken: Narrate) -> None:
    for name, code in {"nowhere/clips.zip": 6, ".": 2, "/dev/full": 2}.items():
        ran = spoken("cache", "export", name)
        assert (ran.code, ran.out) == (code, "")
        assert name in ran.err
        assert "  next: " in ran.err


OLDER = b"PK\x05\x06" + bytes(18)
"""An archive of no clips."""


@pytest.mark.parametrize("content", [b"my thesis", b"PK\x03\x04" + bytes(26) + b"thesis.odt"])
def test_an_export_replaces_no_file_that_is_no_archive_of_ours(
    tone: Narrate, content: bytes
) -> None:
    tone.write("thesis.odt", content)
    ran = tone("cache", "export", "thesis.odt")
    assert ran.code == 2
    assert "it exists and is not an archive of clips that narrate wrote" in ran.err
    assert contents(tone.folder) == {"thesis.odt": content}


def test_an_export_does_not_follow_a_link(tone: Narrate) -> None:
    tone.write("elsewhere.zip", OLDER)
    (tone.folder / "clips.zip").symlink_to("elsewhere.zip")
    ran = tone("cache", "export", "clips.zip")
    assert (ran.code, "nothing is written through it" in ran.err) == (2, True)
    assert (tone.folder / "clips.zip").is_symlink()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_export_leaves_the_older_file(
    tone: Narrate, ending: Any, number: int
) -> None:
    store = Store(tone.cache)
    for seed in range(12):
        put(store, f"Line {seed}.", noise(2_000_000, seed))
    older = tone.write("clips.zip", OLDER)
    process = ending(tone.start("cache", "export", "clips.zip"))
    deadline = time.monotonic() + 60
    while not any(path.stat().st_size > 1000 for path in tone.folder.glob(".clips.zip.*")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.005)
    os.kill(process.pid, number)
    process.communicate()
    assert process.returncode != 0
    assert older.read_bytes() == OLDER
    if number != signal.SIGKILL:
        assert contents(tone.folder) == {"clips.zip": OLDER}
    ran = tone("cache", "export", "clips.zip")
    assert (ran.code, ran.out.partition(",")[0]) == (0, "12 clips exported")


def test_an_export_into_the_cache_itself_is_refused(full: Store) -> None:
    (full.root / "claims").touch()
    with pytest.raises(UsageError, match="in the cache itself"):
        archive.export(full.entries(), full, full.root / "claims")
    assert (full.root / "claims").read_bytes() == b""
