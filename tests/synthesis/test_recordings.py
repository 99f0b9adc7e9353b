"""Recordings are measured and judged as clips are, by --qa."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from narrate.cache import Store
from narrate.checks import provenance
from narrate.sound import audio
from support.project import Narrate, Ran

RATE = 44_100
TEXT = "A sentence of eight words is shown here."


def hum(seconds: float = 2, level: float = 0.4) -> NDArray[np.float32]:
    times = np.arange(round(seconds * RATE)) / RATE
    sound = level * np.sin(2 * np.pi * 220 * times) * np.hanning(times.size)
    return sound.astype("float32")


def stereo(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack([left, right], axis=1)


BAD: dict[str, tuple[NDArray[np.float32], str, str]] = {
    "anti-phase": (stereo(hum(), -hum()), TEXT, "its channels cancel each other out"),
    "nearly anti-phase": (stereo(hum(), -0.9 * hum()), "", "its channels cancel each other out"),
    "silent": (0 * hum(), TEXT, "it is silent"),
    "nearly silent": (np.pad(hum(0.1), (0, 20 * RATE)), "", "of it is silence"),
    "clipped": (np.clip(hum(level=4), -1, 1), TEXT, "of its samples are clipped"),
    "ten samples": (hum()[20_000:20_010], TEXT, "0.2 ms is too short to be heard"),
    "a click without text": (hum(0.02), "", "20.0 ms is too short to be heard"),
    "too short": (hum(0.6), TEXT, "0.60 s is too short for its text"),
}


def project(tone: Narrate, sound: NDArray[np.float32], text: str = TEXT) -> None:
    soundfile.write(tone.folder / "take.wav", sound, RATE)
    tone.write(
        "script.json", [{"id": "take", "audio": "take.wav"} | ({"text": text} if text else {})]
    )


def segment(tone: Narrate) -> Any:
    return json.loads((tone.out / "manifest.json").read_text())["segments"][0]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_recording_is_refused_or_warned_of(tone: Narrate, name: str) -> None:
    sound, text, reason = BAD[name]
    project(tone, sound, text)
    refused = tone("run")
    assert refused.code == 4
    assert "error: segment take (script.json: $[0]): the recording take.wav fails" in refused.err
    assert reason in refused.err
    assert "  next: " in refused.err
    assert not (tone.out / "manifest.json").exists()
    warned = tone("run", "--qa", "warn")
    assert warned.code == 0
    assert_warned(warned, reason)
    assert_warned(tone("run", "--qa", "warn"), reason)
    assert segment(tone)["qa"]["status"] == "warn"
    assert reason in segment(tone)["qa"]["flags"][0]
    ignored = tone("run", "--qa", "off")
    assert (ignored.code, "warning" in ignored.err) == (0, False)


def assert_warned(ran: Ran, reason: str) -> None:
    (line,) = [line for line in ran.err.splitlines() if line.startswith("warning: ")]
    assert "take.wav" in line
    assert reason in line


def test_channels_that_cancel_are_heard_if_they_are_used_all_the_same(tone: Narrate) -> None:
    project(tone, stereo(hum(), -hum()))
    assert tone("run", "--qa", "off").code == 0
    heard, _ = soundfile.read(tone.out / segment(tone)["file"], dtype="float32")
    assert np.abs(np.abs(heard) - np.abs(hum())).max() < 0.001


def test_a_strict_run_refuses_what_another_run_let_in(tone: Narrate) -> None:
    project(tone, 0 * hum())
    assert tone("run", "--qa", "off").code == 0
    assert "its clip fails the checks: it is silent" in tone("status").out
    again = tone("run")
    assert again.code == 4
    assert "repeats itself" not in again.err


def test_every_bad_recording_is_named_in_one_go(tone: Narrate) -> None:
    for name in ("a", "b"):
        soundfile.write(tone.folder / f"{name}.wav", hum(0.01), RATE)
    tone.write("script.json", [{"id": name, "audio": f"{name}.wav"} for name in ("a", "b")])
    refused = tone("run")
    assert refused.code == 4
    assert all(f"the recording {name}.wav fails" in refused.err for name in ("a", "b"))


def test_a_recording_is_judged_with_the_text_of_each_segment(tone: Narrate) -> None:
    soundfile.write(tone.folder / "take.wav", hum(0.6), RATE)
    segments = [{"id": "a", "audio": "take.wav", "text": "Hm."}, {"id": "b", "audio": "take.wav"}]
    tone.write("script.json", [*segments, {"id": "c", "audio": "take.wav", "text": TEXT}])
    refused = tone("run")
    assert refused.code == 4
    assert "segment c" in refused.err
    assert "segment a" not in refused.err


def test_a_loud_recording_is_turned_down_and_that_is_said(tone: Narrate) -> None:
    soundfile.write(tone.folder / "take.wav", 5 * hum(), RATE, subtype="FLOAT")
    tone.write("script.json", [{"id": "take", "text": "A tone.", "audio": "take.wav"}])
    for _ in range(2):
        ran = tone("run")
        assert ran.code == 0
        assert_warned(ran, "louder than full scale, so it was turned down by 6.1 dB")
    heard, _ = soundfile.read(tone.out / segment(tone)["file"], dtype="float32")
    assert 0.98 < np.abs(heard).max() < 1
    assert segment(tone)["qa"] == {"status": "recorded", "flags": []}


def test_music_may_be_longer_than_any_reading_of_its_caption(tone: Narrate) -> None:
    project(tone, hum(60), "Music.")
    assert tone("run").code == 0
    assert segment(tone)["qa"] == {"status": "recorded", "flags": []}


def stored_before_checks(tone: Narrate) -> Store:
    """Bring the cache to the state in which recordings were not measured."""
    store = Store(tone.cache)
    (path,) = tone.cache.rglob("*.wav")
    clip = store.find(canonical_of(path))
    assert clip is not None
    origin = msgspec.structs.replace(provenance.of(clip.origin), measures=None)
    store.put(clip.canonical, bytes(store.read(clip)), clip.rate, origin, replace=True)
    return store


def canonical_of(path: Path) -> bytes:
    from narrate.store import entry

    return entry.peek(path).canonical


def test_a_good_recording_that_was_stored_without_measurements_is_kept(tone: Narrate) -> None:
    project(tone, hum())
    assert tone("run").code == 0
    stored_before_checks(tone)
    assert tone("run", "--frozen", "-o", "other").code == 0


def test_a_loud_recording_that_was_stored_clipped_is_imported_again(tone: Narrate) -> None:
    soundfile.write(tone.folder / "take.wav", 5 * hum(), RATE, subtype="FLOAT")
    tone.write("script.json", [{"id": "take", "text": "A tone.", "audio": "take.wav"}])
    assert tone("run").code == 0
    digest = json.loads((tone.out / "manifest.json").read_text())["audio"]["xxh3_128"]
    store = stored_before_checks(tone)
    clip = store.find(canonical_of(next(tone.cache.rglob("*.wav"))))
    assert clip is not None
    clipped = audio.pcm16(5 * hum())
    origin = provenance.Provenance(recording="take.wav")
    store.put(clip.canonical, clipped, RATE, origin, replace=True)
    assert tone("run", "-o", "other").code == 0
    again = json.loads((tone.folder / "other" / "manifest.json").read_text())
    assert again["audio"]["xxh3_128"] == digest


def test_every_missing_recording_is_named_in_one_go(tone: Narrate) -> None:
    tone.write("script.json", [{"audio": f"{name}.wav", "text": "x"} for name in ("a", "b")])
    ran = tone("run")
    assert ran.code == 2
    assert "the recording a.wav cannot be read" in ran.err
    assert "the recording b.wav cannot be read" in ran.err
