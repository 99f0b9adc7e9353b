"""Clips in one file, to be carried to a machine without an engine: a ZIP of FLAC files, each with
its request as JSON.

archive  ::= (KEY.flac KEY.json)*       stored, not deflated, so that nothing can swell
document ::= {"request":<canonical form>,"provenance":{…},"digest":<of the cache entry, in hex>}

An archive is not trusted. A clip is imported only if its samples, request and provenance make up,
byte for byte, an entry of that digest under that key, and if its measurements are those of its
samples. That the samples say the text cannot be verified: an archive is as trustworthy as whoever
made it.
"""

from __future__ import annotations

import os
import re
import struct
import tempfile
import zipfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import msgspec

from narrate.base import limits
from narrate.base.files import durable, regular, targets
from narrate.base.files.durable import write_all
from narrate.cache import Gone, Store
from narrate.checks import provenance
from narrate.checks import structure as checks
from narrate.engines.base import StopReason, Synthesis
from narrate.errors import EnvironmentProblem, UsageError
from narrate.request import canonical_json, key
from narrate.sound import wav
from narrate.store import entry, locks
from narrate.store.entry import Clip, Damaged

SWELL = 1000
"""Bytes of samples for one byte of FLAC: speech is about 2, a hum 20, digital silence 690, and more
is an attack.
"""

APART = {"seconds": 0.001, "peak": 0.001, "silent": 0.1, "clipped": 0.002}
"""How far measurements of 16-bit samples may be from those of the floats that they came from."""

CLOSELY_APART = {
    **dict.fromkeys(("lead", "tail", "offset"), 0.01),
    **dict.fromkeys(("spoken", "steady", "repeated", "skew"), 0.1),
    **dict.fromkeys(("level", "floor", "spread", "start", "ending", "jump"), 0.5),
    **dict.fromkeys(("dropout", "fall"), 1.0),
    "decay": 5,
}
"""How far those of the same version may be. Both are taken of 16 bits, so only another numpy can
change them.
"""

SPOKEN_SAMPLES = limits.FRAME_BYTES // 4
"""No engine may return more, so nothing longer was measured."""

DOCUMENT_BYTES = 1 << 20
MEMBER = re.compile(r"([0-9a-f]{32})\.(flac|json)")
OURS = re.compile(rb"PK\x03\x04.{26}[0-9a-f]{32}\.flac|PK\x05\x06", re.DOTALL)
"""How an archive begins: with clips, or empty."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every member, so that the same clips make the same archive."""


class _Document(msgspec.Struct):
    request: msgspec.Raw
    provenance: msgspec.Raw
    digest: str


class _Asked(msgspec.Struct):
    """What is shown of any request."""

    engine: str = ""
    text: str = ""
    recording: str = ""


@dataclass(slots=True)
class Imported:
    """The result of an import: how many clips are new, how many were there already, and why others
    were refused, by key.
    """

    new: int = 0
    known: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def export(clips: Iterable[Clip], store: Store, path: Path) -> int:
    """Write clips to an archive, whole or not at all; return how many. Raises UsageError or
    EnvironmentProblem.

    Entries that are stored under another request's key are left out, because no run finds them.
    """
    if path.exists() and not path.is_file():
        raise UsageError(
            "this is not a regular file", where=str(path), hint="name a file that may be written"
        )
    targets.check(path, OURS, "an archive of clips", "export")
    if path.absolute().is_relative_to(store.root):
        raise UsageError(
            "it lies in the cache itself", where=str(path), hint="name a file in another folder"
        )
    clips = sorted(
        (clip for clip in clips if key(clip.canonical) == clip.key), key=lambda clip: clip.key
    )
    try:
        with (
            durable.replacing(path) as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
        ):
            for clip in clips:
                _add(archive, clip, store)
    except Gone as gone:
        hint = "run it again: what was damaged has been set aside"
        raise EnvironmentProblem(
            "a clip vanished or was damaged", where=str(gone), hint=hint
        ) from gone
    except OSError as error:
        what = f"the archive cannot be written ({error.strerror})"
        raise EnvironmentProblem(
            what, where=str(path), hint="free some space, or name another file"
        ) from error
    return len(clips)


def _add(archive: zipfile.ZipFile, clip: Clip, store: Store) -> None:
    samples = store.read(clip)
    document = _Document(msgspec.Raw(clip.canonical), msgspec.Raw(clip.origin), clip.digest)
    archive.writestr(zipfile.ZipInfo(f"{clip.key}.flac", EPOCH), _flac(samples, clip.rate))
    archive.writestr(zipfile.ZipInfo(f"{clip.key}.json", EPOCH), msgspec.json.encode(document))


def import_clips(path: Path, store: Store) -> Imported:
    """Verify every clip of an archive and store those that are not here yet.

    Raises UsageError for a file that is not an archive of narrate, before anything is stored, and
    EnvironmentProblem if the cache cannot be written.
    """
    imported, approved = Imported(), locks.digests(store.root)
    try:
        with os.fdopen(regular.opened(path), "rb") as file, _opened(file, path) as archive:
            for name in _names(archive, path, os.fstat(file.fileno()).st_size):
                _import(archive, name, store, imported, approved)
    except OSError as error:
        what = f"the archive cannot be read ({error.strerror})"
        raise UsageError(
            what, where=str(path), hint="name a file that `narrate cache export` made"
        ) from error
    return imported


BROKEN = (
    zipfile.BadZipFile,
    ValueError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OverflowError,
    struct.error,
)
"""What zipfile raises for bytes that are not an archive."""


def _opened(file: BinaryIO, path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except BROKEN as error:
        raise _foreign(path, f"{type(error).__name__}: {error}") from error


def _names(archive: zipfile.ZipFile, path: Path, size: int) -> list[str]:
    """The keys in an archive. Raises UsageError for members that narrate does not write, and for
    more than the archive's size allows.
    """
    kinds: dict[str, set[str]] = {}
    stored = 0
    for member in archive.infolist():
        match = MEMBER.fullmatch(member.filename)
        if (
            match is None
            or member.compress_type != zipfile.ZIP_STORED
            or member.file_size != member.compress_size
        ):
            raise _foreign(path, f"it holds {member.filename!r}")
        if match[2] in kinds.setdefault(match[1], set()):
            raise _foreign(path, f"it holds {member.filename!r} twice")
        kinds[match[1]].add(match[2])
        stored += member.file_size
    if stored > size:
        raise _foreign(path, "its members overlap")
    for name, found in kinds.items():
        if len(found) < 2:
            raise _foreign(path, f"of {name} a part is missing")
    return list(kinds)


def _import(
    archive: zipfile.ZipFile,
    name: str,
    store: Store,
    imported: Imported,
    approved: Collection[str],
) -> None:
    """Import a clip that is not here yet, or that is here with another sound than a lock names."""
    try:
        canonical, pcm, rate, origin = _verified(archive, name)
    except Damaged as damage:
        imported.refused[name] = str(damage)
        return
    here, sound = _sound_here(canonical, store), entry.sound(pcm, rate)
    replace = bool(here) and here != sound and sound in approved
    if here and not replace:
        imported.known += 1
        return
    stored = store.put(canonical, pcm, rate, origin, replace=replace)
    if not stored.path.is_relative_to(store.root):
        what, hint = (
            "the cache cannot be written, so nothing can be imported",
            "choose another --cache-dir",
        )
        raise EnvironmentProblem(what, where=str(store.root), hint=hint)
    imported.new += 1


def _sound_here(canonical: bytes, store: Store) -> str:
    """The digest of the sound that the cache has for a request; "" if it has none."""
    clip = store.find(canonical)
    try:
        return store.sound(clip) if clip else ""
    except Gone:
        return ""


def _verified(archive: zipfile.ZipFile, name: str) -> tuple[bytes, bytes, int, msgspec.Raw]:
    """The parts of an entry, reassembled and compared with the digest. Raises Damaged."""
    try:
        document = msgspec.json.decode(
            _member(archive, f"{name}.json", DOCUMENT_BYTES), type=_Document
        )
        pcm, rate = _pcm(_member(archive, f"{name}.flac", limits.ENTRY_BYTES))
    except (msgspec.MsgspecError, OSError, *BROKEN) as error:
        raise Damaged(f"it cannot be read ({error})") from error
    canonical, origin = bytes(document.request), msgspec.Raw(bytes(document.provenance))
    if key(canonical) != name:
        raise Damaged("it is filed under another request's key")
    clip = entry.parse(entry.compose(canonical, pcm, rate, origin), Path(f"{name}.wav"))
    if clip.digest != document.digest:
        raise Damaged("its samples or its request are not those that were exported")
    said = _checked(clip)
    if said.sound not in ("", entry.sound(pcm, rate)):
        raise Damaged("its sound is not the one that its provenance names")
    if said.measures is not None:
        _compare(said.measures, pcm, rate)
    return canonical, pcm, rate, origin


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    if archive.getinfo(name).file_size > most:
        raise Damaged(f"{name} is too large")
    return archive.read(name)


def _checked(clip: Clip) -> provenance.Provenance:
    """The provenance of a clip, after checking it and its request. Raises Damaged."""
    try:
        msgspec.convert(clip.request, _Asked)
        if canonical_json(clip.request) != clip.canonical:
            raise Damaged("its request is not in canonical form")
        return provenance.parse(clip.origin)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise Damaged(f"its request or its provenance makes no sense ({error})") from error


def _compare(claimed: checks.Measures, pcm: bytes, rate: int) -> None:
    """Refuse measurements that are not those of the samples: hits are judged by them. Raises
    Damaged.
    """
    import numpy as np

    samples = np.frombuffer(pcm, "<i2")
    if not 0 < samples.size <= SPOKEN_SAMPLES:
        raise Damaged("no engine speaks so much or so little")
    stop = StopReason(claimed.stop) if claimed.stop in tuple(StopReason) else StopReason.END
    found = checks.measure(Synthesis(np.multiply(samples, 1 / 32768, dtype=np.float32), rate, stop))
    # What was louder than full scale is at full scale in the samples.
    claimed = msgspec.structs.replace(claimed, peak=min(claimed.peak, 1.0))
    same = claimed.version == found.version
    most = APART | CLOSELY_APART if same else APART
    far = any(abs(getattr(claimed, name) - getattr(found, name)) > most[name] for name in most)
    if far or (same and len(claimed.gaps) != len(found.gaps)):
        raise Damaged("its measurements are not those of its samples")


def _flac(samples: memoryview, rate: int) -> bytes:
    import numpy as np
    import soundfile

    # Not to memory: libsndfile would call back for that, and Ctrl-C does not get through its
    # callbacks.
    with tempfile.TemporaryFile() as file:
        soundfile.write(
            os.dup(file.fileno()), np.frombuffer(samples, "<i2"), rate, "PCM_16", format="FLAC"
        )
        file.seek(0)
        return file.read()


def _pcm(sound: bytes) -> tuple[bytes, int]:
    """The samples of a FLAC file and their rate, within the bounds of an entry. Raises Damaged."""
    import soundfile

    longest = min(len(sound) * SWELL, limits.ENTRY_BYTES) // wav.SAMPLE_BYTES
    with tempfile.TemporaryFile(buffering=0) as file:
        write_all(file.write, sound)
        file.seek(0)
        try:
            with soundfile.SoundFile(os.dup(file.fileno())) as flac:
                if flac.channels != 1 or flac.format != "FLAC" or flac.frames > longest:
                    raise Damaged("its sound is not a mono FLAC of a sensible length")
                return flac.read(longest + 1, dtype="int16").astype(
                    "<i2", copy=False
                ).tobytes(), int(flac.samplerate)
        except soundfile.LibsndfileError as error:
            raise Damaged(f"its sound cannot be read ({error.error_string})") from error


def _foreign(path: Path, why: str) -> UsageError:
    return UsageError(
        f"this is not an archive of clips ({why})",
        where=str(path),
        hint="name a file that `narrate cache export` made",
    )
