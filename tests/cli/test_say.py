"""`narrate say`: one line, explained or spoken."""

from __future__ import annotations

import io
import os
import pty
import signal
import time
import wave
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest
import soundfile

from narrate.sound import wav
from support.processes import alive
from support.project import Narrate, contents, lines

PLAYER = """#!/bin/sh
for file; do :; done
echo "$$ $@" >> "$HEARD/calls"
test "$file" != - && exec < "$file"
/bin/cat > "$HEARD/$(/bin/date +%s%N).wav"
{then}
"""
"""Keeps what it is given to play."""

THREE = "One. [pause:0.5s] Two. [pause:0.25s] Three."
"""A text of three utterances."""


class Player:
    """A player, as the only program on the search path."""

    def __init__(self, folder: Path, name: str, then: str) -> None:
        self.heard, bin = folder / "heard", folder / "bin"
        for each in (self.heard, bin):
            each.mkdir()
        (bin / name).write_text(PLAYER.format(then=then))
        (bin / name).chmod(0o755)
        self.env = {"PATH": str(bin), "HEARD": str(self.heard)}

    @property
    def calls(self) -> list[list[str]]:
        """The process and the arguments of each call."""
        calls = self.heard / "calls"
        return [line.split() for line in calls.read_text().splitlines()] if calls.exists() else []

    @property
    def sounds(self) -> list[bytes]:
        """The samples that were played, in order."""
        return [samples(path.read_bytes()) for path in sorted(self.heard.glob("*.wav"))]


Install = Callable[..., Player]


@pytest.fixture
def install(tmp_path: Path, tone: Narrate) -> Install:
    """Makes a player and has `tone` find it."""

    def make(name: str = "ffplay", then: str = "") -> Player:
        player = Player(tmp_path, name, then)
        tone.env |= player.env
        return player

    return make


def samples(data: bytes) -> bytes:
    """The samples of a WAV file, as another library reads them; none of one that is only begun."""
    if len(data) < wav.HEADER_BYTES:
        return b""
    with wave.open(io.BytesIO(data)) as file:
        assert file.getparams()[:3] == (1, 2, 24_000)
        return bytes(file.readframes(file.getnframes()))


def written(tone: Narrate, *args: str) -> bytes:
    """What `say` writes on standard output."""
    process = tone.start("say", *args, "-o", "-")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    return bytes(out)


def until(done: Callable[[], object]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


# Explained


def test_it_explains_what_a_text_says(tone: Narrate) -> None:
    said = tone("say", "C_ij = sum(A_ik * B_kj)", "--explain")
    spoken = "C I J equals the sum of A I K times B K J"
    assert said.out.splitlines() == [
        spoken,
        f"  C_ij = sum(A_ik * B_kj) → {spoken}  (mathematics)",
    ]
    found = tone("say", "x in v3.12", "--explain", "--json").json
    assert (found["text"], found["spoken"]) == ("x in v3.12", "x in version three point twelve")
    assert found["words"] == [
        {
            "start": 5,
            "end": 10,
            "written": "v3.12",
            "spoken": "version three point twelve",
            "rule": "versions",
        }
    ]
    assert not tone.cache.exists()


def test_an_explanation_has_a_line_for_each_utterance_and_each_change(tone: Narrate) -> None:
    said = tone("say", "In v3.12. [pause:0.5s] The CEO waits.", "--explain")
    assert said.out.splitlines() == [
        "In version three point twelve.",
        "[pause:0.5s] The C E O waits.",
        "  v3.12 → version three point twelve  (versions)",
        "  CEO   → C E O  (acronyms)",
    ]
    assert tone("say", "It is.", "--explain").out == "It is.\n  said as it is written\n"


def test_phonemes_are_explained_for_an_engine_that_takes_them(tone: Narrate) -> None:
    tone.write("lexicon.toml", 'Qt = {say = "cute", phonemes = "kjut"}')
    assert "  Qt → cute  (lexicon)" in tone("say", "Use Qt.", "--explain").out
    said = tone("say", "Use Qt.", "--explain", "--engine", "hibari")
    assert said.out.splitlines() == ["Use cute.", "  Qt → /kjut/  (lexicon)"]
    said = tone("say", "Use Qt.", "--explain", "--json", "--engine", "hibari")
    assert [each["phonemes"] for each in said.json["words"]] == ["kjut"]


def test_a_word_of_which_only_the_phonemes_are_given_is_explained_and_planned(
    tone: Narrate,
) -> None:
    tone.write("lexicon.toml", 'Qt = {phonemes = "kjut"}')
    tag = '<phoneme alphabet="ipa" ph="data">data</phoneme>'
    tone.write("script.json", lines(f"Use {tag} of Qt."))
    said = tone("say", "s1", "--explain", "--engine", "hibari")
    assert said.out.splitlines() == [
        "Use data of Qt.",
        "  data → /data/  (phoneme)",
        "  Qt   → /kjut/  (lexicon)",
    ]
    assert "data → /data/ (phoneme)" in tone("plan", "-v", "--engine", "hibari").out
    planned = tone("plan", "--json", "--engine", "hibari").json
    assert [each["phonemes"] for each in planned["segments"][0]["words"]] == ["data", "kjut"]
    # An engine that takes no phonemes says the words as they are written.
    assert tone("say", "s1", "--explain").out == "Use data of Qt.\n  said as it is written\n"
    assert tone("run").code == 0
    assert tone.manifest["segments"][0]["words"] == []


def test_a_segment_with_words_to_say_is_not_explained_as_it_is_written(tone: Narrate) -> None:
    tone.write("script.json", [{"id": "s1", "text": "The $x_i$.", "say": "An entry."}])
    assert tone("say", "s1", "--explain").out == "An entry.\n  said as `say` has it\n"


def test_places_are_in_the_text_and_not_in_the_caption(tone: Narrate) -> None:
    tone.write("script.json", '[{"id": "a", "text": "It is 5 kg.", "caption": "Mass"}]')
    said = tone("say", "a", "--explain", "--json").json
    [word] = said["words"]
    assert said["text"][word["start"] : word["end"]] == word["written"] == "5 kg"


def test_it_explains_a_segment_of_the_script_here(tone: Narrate) -> None:
    tone.write("script.json", lines("The first line.", "It is v3.12."))
    assert tone("say", "s2", "--explain").out.startswith("It is version three point twelve.\n")
    assert tone("say", "-", "--explain", stdin="s2").out.startswith("S two\n")


@pytest.mark.parametrize("word", ["first", "intro/frist"])
def test_a_word_that_is_almost_an_id_is_said_with_a_warning(tone: Narrate, word: str) -> None:
    scenes = [{"id": "intro", "segments": [{"id": "first", "text": "One."}]}]
    tone.write("script.json", {"scenes": scenes})
    said = tone("say", word, "--explain")
    assert said.code == 0
    assert said.err == f"warning: no segment is called '{word}'; did you mean 'intro/first'?\n"
    for text in ("intro/first", "The first.", "Hello"):
        assert not tone("say", text, "--explain").err


def test_explaining_needs_no_engine_and_leaves_the_cache_alone(tone: Narrate) -> None:
    assert tone("say", "It.", "-o", "line.wav").code == 0
    [clip] = tone.clips
    os.utime(clip, (1, 1))
    clip.write_bytes(b"damaged")
    os.utime(clip, (1, 1))
    before = contents(tone.cache)
    assert tone("say", "It.", "--explain").code == 0
    assert (contents(tone.cache), clip.stat().st_mtime) == (before, 1)
    nowhere = {"NARRATE_TORCH_PYTHON": "/nowhere/python"}
    said = tone("say", "Use A_i.", "--explain", "--engine", "torch", env=nowhere)
    assert (said.code, said.out.splitlines()[0]) == (0, "Use A I.")


def test_a_text_is_read_as_the_first_segment_in_its_voice(tone: Narrate) -> None:
    voices = {"plain": {"speaker": "low"}, "own": {"speaker": "high", "reading": "off"}}
    segments = [*lines("One.", voice="plain"), {"id": "x", "text": "Two.", "voice": "own"}]
    tone.write("script.json", {"voices": voices, "segments": segments})
    assert tone("say", "v3.12", "--explain").out.startswith("version three")
    assert tone("say", "v3.12", "--explain", "--voice", "own").out.startswith("v3.12")


def test_the_settings_of_the_folder_hold_for_a_text(tone: Narrate) -> None:
    assert tone("say", "A [beat] here.", "--explain").code == 2
    tone.write("narrate.toml", 'markup = "warn"')
    assert tone("say", "A [beat] here.", "--explain").code == 0


def test_what_cannot_be_said_is_an_error(tone: Narrate) -> None:
    said = tone("say", r"Bad $\foo$.", "--explain")
    assert said.code == 2
    assert r"TEXT: 'Bad $\foo$.' cannot be read aloud" in said.err
    assert "no voice 'x'" in tone("say", "Hi.", "--explain", "--voice", "x").err
    assert "nothing to say" in tone("say", "-", "--explain").err


@pytest.mark.parametrize(
    ("flags", "what"),
    [
        (["--json"], "--json goes with --explain only"),
        (["--explain", "--play"], "--explain speaks nothing"),
        (["--explain", "-o", "line.wav"], "--explain speaks nothing"),
        (["--stream", "-o", "line.wav"], "--stream does not go with a file alone"),
    ],
)
def test_flags_that_do_not_go_together_are_refused(
    tone: Narrate, flags: list[str], what: str
) -> None:
    said = tone("say", "Hi.", *flags)
    assert (said.code, what in said.err) == (2, True)


# Written


def test_a_file_is_replaced_only_on_demand(tone: Narrate) -> None:
    said = tone("say", "It is v3.12.", "-o", "line.flac")
    assert (said.code, said.out) == (0, "line.flac\n")
    path = tone.folder / "line.flac"
    first = path.read_bytes()
    assert first.startswith(b"fLaC")
    assert tone("say", "It is v3.12.", "-o", "line.flac").code == 0
    other = tone("say", "It is another one.", "-o", "line.flac")
    assert (other.code, "it exists, and says something else" in other.err) == (2, True)
    assert path.read_bytes() == first
    assert tone("say", "It is another one.", "-o", "line.flac", "--force-output").code == 0
    assert path.read_bytes() != first
    path.write_bytes(b"")
    assert tone("say", "It is v3.12.", "-o", "line.flac").code == 0
    assert path.read_bytes() == first
    assert list(tone.folder.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_spoken(tone: Narrate) -> None:
    (tone.folder / "folder.wav").mkdir()
    (tone.folder / "link.wav").symlink_to("elsewhere.wav")
    for name, what in (
        ("line.txt", "not that of an audio format"),
        ("none/line.wav", "no such folder"),
        ("folder.wav", "not a regular file"),
        ("link.wav", "not a regular file"),
    ):
        said = tone("say", "It.", "-o", name)
        assert (said.code, what in said.err) == (2, True), name
    assert tone.clips == []


@pytest.mark.parametrize("flags", [[], ["--stream"]], ids=["whole", "stream"])
def test_standard_output_gets_a_wav_file_and_nothing_else(tone: Narrate, flags: list[str]) -> None:
    assert tone("say", THREE, "-o", "line.wav").code == 0
    whole = (tone.folder / "line.wav").read_bytes()
    out = written(tone, THREE, *flags)
    assert samples(out) == samples(whole)
    assert soundfile.info(io.BytesIO(out)).samplerate == 24_000
    assert (out == whole) == (not flags)


def test_a_sound_is_not_written_to_a_terminal(tone: Narrate) -> None:
    reader, terminal = pty.openpty()
    process = tone.start("say", "Hi.", "-o", "-", stdout=terminal)
    _, err = process.communicate(timeout=60)
    os.close(terminal)
    os.close(reader)
    assert (process.returncode, b"to the terminal" in err) == (2, True)


def test_a_reader_that_goes_away_ends_it(tone: Narrate) -> None:
    process = tone.start("say", "Hi. #seconds=9", "-o", "-")
    assert process.stdout
    assert process.stdout.read(4) == b"RIFF"
    process.stdout.close()
    process.stdout = None
    assert process.communicate(timeout=60)[1] == b""
    assert process.returncode == 141


def test_the_error_of_a_line_is_its_own(tone: Narrate) -> None:
    said = tone("say", "Hi. #silence", "-o", "-")
    assert (said.code, said.out) == (4, "")
    assert "segment line (TEXT): it is silent" in said.err


# Played


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("ffplay", ["-autoexit", "-nodisp", "-loglevel", "error"]),
        ("afplay", []),
        ("aplay", ["-q"]),
    ],
)
def test_a_line_is_played_by_what_is_there(
    tone: Narrate, install: Install, name: str, flags: list[str]
) -> None:
    player = install(name)
    assert tone("say", THREE).code == 0
    [[_, *arguments]] = player.calls
    assert arguments[:-1] == flags
    assert not Path(arguments[-1]).exists()
    assert player.sounds == [samples(written(tone, THREE))]


def test_a_line_is_played_and_kept(tone: Narrate, install: Install) -> None:
    player = install()
    said = tone("say", "Hi.", "--play", "-o", "line.flac")
    assert (said.code, said.out) == (0, "line.flac\n")
    kept, _ = soundfile.read(tone.folder / "line.flac", dtype="int16")
    assert player.sounds == [kept.tobytes()]


def test_without_a_player_nothing_is_spoken(tone: Narrate, tmp_path: Path) -> None:
    said = tone("say", "Hi.", env={"PATH": str(tmp_path)})
    assert (said.code, said.out) == (6, "")
    assert "no program that plays audio was found" in said.err
    assert tone.clips == []


def test_a_player_that_fails_is_an_error_with_what_it_said(tone: Narrate, install: Install) -> None:
    install("aplay", then="echo no sound card >&2; exit 3")
    said = tone("say", "Hi.", "--play", "-o", "line.wav")
    assert said.code == 6
    assert "aplay: it could not play the sound (exit code 3): no sound card" in said.err
    assert (tone.folder / "line.wav").exists()


@pytest.mark.parametrize(
    ("name", "calls", "file"), [("ffplay", 1, "-"), ("aplay", 1, "-"), ("afplay", 3, "line.wav")]
)
def test_a_stream_is_played_without_gaps_where_the_player_can(
    tone: Narrate, install: Install, name: str, calls: int, file: str
) -> None:
    player = install(name)
    assert tone("say", THREE, "--stream").code == 0
    assert [Path(call[-1]).name for call in player.calls] == [file] * calls
    assert b"".join(player.sounds) == samples(written(tone, THREE))


@pytest.mark.parametrize("name", ["ffplay", "afplay"])
def test_an_utterance_is_played_before_the_next_one_is_spoken(
    tone: Narrate, install: Install, name: str
) -> None:
    player = install(name)
    one = samples(written(tone, "One."))
    assert tone("cache", "clear").code == 0
    process = tone.start("say", "One. [pause:0.5s] Two #hang.", "--stream")
    until(lambda: player.sounds == [one])
    assert len(tone.clips) == 1
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_what_the_checks_refuse_is_not_played(tone: Narrate, install: Install) -> None:
    player = install("afplay")
    one = samples(written(tone, "One."))
    bad = "One. [pause:0.5s] Two #silence. [pause:0.5s] Three."
    written(tone, bad, "--qa", "off")
    assert len(tone.clips) == 3
    said = tone("say", bad, "--stream")
    assert (said.code, "it is silent" in said.err) == (4, True)
    assert player.sounds in ([], [b""], [one])


def test_a_player_that_ends_too_early_is_an_error(tone: Narrate, install: Install) -> None:
    install()
    Path(tone.env["PATH"], "ffplay").write_text("#!/bin/sh\necho no device >&2\n")
    said = tone("say", "Hi. #seconds=9", "--stream")
    assert said.code == 6
    assert "ffplay: it could not play the sound (it ended too early): no device" in said.err


@pytest.mark.parametrize(
    "flags",
    [[], ["--stream"], ["--stream", "--model", "pieces"]],
    ids=["whole", "stream", "preview"],
)
def test_an_interrupt_stops_the_player(
    tone: Narrate,
    install: Install,
    ending: Callable[[Popen[bytes]], Popen[bytes]],
    flags: list[str],
) -> None:
    player = install(then='echo > "$HEARD/plays"; exec /bin/sleep 60')
    process = ending(tone.start("say", "Hi.", *flags))
    until((player.heard / "plays").exists)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, b"Traceback" in err) == (130, b"", False)
    [[pid, *_]] = player.calls
    assert not alive(int(pid))


# Streamed by the engine itself

PIECES = ("--stream", "--model", "pieces")


def test_an_engine_that_streams_gives_a_preview_that_is_not_stored(
    tone: Narrate, install: Install
) -> None:
    player = install()
    said = tone("say", THREE, *PIECES)
    assert (said.code, tone.clips) == (0, [])
    assert said.err.startswith("warning: this is a preview")
    assert player.sounds == [samples(written(tone, THREE, "--model", "pieces"))]
    # What is stored is no preview.
    assert tone("say", THREE, *PIECES).err == ""


def test_a_piece_is_heard_before_the_next_one_is_spoken(tone: Narrate, install: Install) -> None:
    player = install()
    process = tone.start("say", "One two three. #hang", *PIECES)
    until(lambda: any(player.sounds))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert tone.clips == []


@pytest.mark.parametrize(
    ("name", "flags"), [("afplay", []), ("ffplay", ["--play", "-o", "line.wav"])]
)
def test_there_is_no_preview_where_it_would_have_gaps_or_is_kept(
    tone: Narrate, install: Install, name: str, flags: list[str]
) -> None:
    install(name)
    said = tone("say", THREE, *PIECES, *flags)
    assert (said.code, said.err, len(tone.clips)) == (0, "", 3)


@pytest.mark.parametrize(
    ("fault", "code", "what"),
    [
        ("error", 5, "the stand-in was asked to fail"),
        ("crash", 5, "the worker died"),
        ("nan", 5, "not finite"),
        ("runaway", 5, "length limit"),
    ],
)
def test_a_preview_that_fails_is_an_error(
    tone: Narrate, install: Install, fault: str, code: int, what: str
) -> None:
    install()
    said = tone("say", f"Hi. #{fault}", *PIECES)
    assert (said.code, what in said.err) == (code, True)
