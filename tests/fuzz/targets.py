"""What is fuzzed: `python targets.py TARGET CORPUS… -runs=N` runs libFuzzer on one target, guided
by what is reached.

A target takes bytes, and may write files in the current folder. Only the errors that are documented
may pass; anything else is a crash.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["narrate", "yaml"], enable_loader_override=False):
    import xxhash
    import yaml  # noqa: F401

    from narrate import archive
    from narrate.cache import Store
    from narrate.checks import provenance
    from narrate.checks.provenance import Provenance
    from narrate.errors import ScriptError, UsageError
    from narrate.script import load
    from narrate.store import entry
    from narrate.workers import frames

DIGEST = 16
ENTRY = Path("entry.wav")
Target = Callable[[bytes], None]


def script(suffix: str) -> Target:
    """A script of one format, from its bytes to its segments."""
    file = Path(f"script{suffix}")

    def target(data: bytes) -> None:
        file.write_bytes(data)
        try:
            segments = load(file).segments
        except ScriptError as error:
            check_words(error)
            return
        stems = [segment.stem for segment in segments]
        assert len(set(stems)) == len(stems) > 0
        assert not any("/" in stem or stem.startswith((".", "-")) for stem in stems)

    return target


def stdin(data: bytes) -> None:
    """A script without a name, whose format is found by how it begins."""
    sys.stdin = io.TextIOWrapper(io.BytesIO(data))
    try:
        assert load("-").segments
    except ScriptError as error:
        check_words(error)


def check_words(error: ScriptError) -> None:
    """An error says where, what and what next, and nothing that a terminal would obey."""
    assert error.where
    assert error.hint
    assert f"{error}{error.hint}".isprintable()


def entries(data: bytes) -> None:
    """A file of the cache as it is, and with a checksum that is right."""
    for content in (data, with_checksum(data)):
        ENTRY.write_bytes(content)
        with suppress(entry.Damaged):
            assert entry.peek(ENTRY).samples * 2 + DIGEST < len(content)
        with suppress(entry.Damaged):
            clip, samples = entry.read(ENTRY)
            assert clip.samples * 2 == len(samples)


def origins(data: bytes) -> None:
    """What a file of the cache says of itself, which `narrate cache ls` prints."""
    ENTRY.write_bytes(data)
    with suppress(entry.Damaged):
        clip = entry.peek(ENTRY)
        assert isinstance(clip.request, dict)
        assert isinstance(json.loads(clip.origin), dict)
        assert isinstance(provenance.of(clip.origin), Provenance)


def with_checksum(data: bytes) -> bytes:
    return data[:-DIGEST] + xxhash.xxh3_128_digest(data[:-DIGEST])


def archives(data: bytes) -> None:
    """An archive of clips: what of it is taken in can be read."""
    Path("clips.zip").write_bytes(data)
    with TemporaryDirectory(dir=".") as folder, Store(Path(folder)) as store, suppress(UsageError):
        imported = archive.import_clips(Path("clips.zip"), store)
        assert store.verify() == (imported.new, 0)


def framed(data: bytes) -> None:
    """What comes out of a worker's pipe, frame after frame."""
    pipe = io.BytesIO(data)
    with suppress(frames.BrokenFrame):
        while frame := frames.read(pipe):
            header, payload = frame
            assert isinstance(header, dict)
            assert len(payload) <= len(data)


TARGETS: dict[str, Target] = {
    "json": script(".json"),
    "yaml": script(".yaml"),
    "markdown": script(".md"),
    "text": script(".txt"),
    "srt": script(".srt"),
    "vtt": script(".vtt"),
    "stdin": stdin,
    "entry": entries,
    "origin": origins,
    "archive": archives,
    "frames": framed,
}

if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()
