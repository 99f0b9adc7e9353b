"""A recording and its transcript -> what can be cloned: audited, trimmed, corrected."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from narrate.base.files import encoding, regular
from narrate.base.files.encoding import NotUtf8
from narrate.base.limits import TRANSCRIPT_BYTES, TRANSCRIPT_CHARS
from narrate.checks import recognizer as recognition
from narrate.checks.recognizer import Heard, Hearing
from narrate.errors import UsageError
from narrate.sound import audio
from narrate.voices import measures as reference
from narrate.voices import trim, verdict
from narrate.voices.measures import EDGE_LIMIT, EDGE_SECONDS, NOTHING_DB, Measures
from narrate.voices.verdict import SECONDS, Finding, Grade

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WORD_ERRORS = (0.15, 0.40)
"""Above the first share of wrong words a transcript is doubtful: base and tiny.en stay below it on
clean speech, names and numbers included. Above the second it is that of another recording, or of a
part of it (Blaizzy/mlx-audio#921).
"""

NAMED_WORDS = 8
PROPOSED = "proposed by speech recognition"
BLOCK_SAMPLES = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """A recording as it was read: mono samples, and the text that goes with them."""

    samples: NDArray[np.float32]
    rate: int
    channels: int
    channel_difference: float
    transcript: str
    origin: str
    """Where the transcript is from, in words; empty if there is none."""

    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """A recording ready to be stored, and what was found: `notes` are remarks on what could not be
    done.

    `files` are those that it was read from.
    """

    path: Path
    files: tuple[Path, ...]
    samples: NDArray[np.float32]
    rate: int
    transcript: str
    language: str
    measures: Measures
    findings: list[Finding]
    notes: list[str]

    @property
    def grade(self) -> Grade:
        """The worst of the findings."""
        return verdict.worst(self.findings)


def audit(
    path: Path,
    transcript: str | None,
    recognizer: Hearing | None,
    cut: bool = False,
    language: str | None = None,
) -> Audit:
    """Check a recording, and correct what can be corrected without changing the voice.

    `transcript` is the text or the name of a file that holds it; without it the .txt beside the
    recording counts, and without that what the `recognizer` hears. `cut` takes the best part of a
    long recording. Raises UsageError.
    """
    source = _read(path, transcript)
    notes: list[str] = []
    if recognizer and not recognizer.hears(language):
        recognizer = None
        notes.append(f"the speech recognition model does not know the language {language!r}")
    heard = _listen(recognizer, source, language)
    if heard and heard.text and not source.origin:
        source = replace(source, transcript=heard.text, origin=PROPOSED)
    if cut:
        source, note = _trimmed(source, heard)
        notes.append(note)
        heard = _listen(recognizer, source, language)
    measures = reference.measure(
        source.samples, source.rate, source.channels, source.channel_difference
    )
    findings = [_transcript_finding(source, path), *verdict.judge(measures, source.transcript)]
    if heard and source.transcript and source.origin != PROPOSED:
        findings.append(_heard_finding(source.transcript, heard))
    spoken = language or (heard.language if heard else "")
    return Audit(
        path,
        source.files,
        _corrected(source, measures),
        source.rate,
        source.transcript,
        spoken,
        measures,
        findings,
        notes,
    )


def _listen(recognizer: Hearing | None, source: Source, language: str | None) -> Heard | None:
    if recognizer is None:
        return None
    return recognizer.listen(recognition.at_rate(source.samples, source.rate), language)


def _read(path: Path, transcript: str | None) -> Source:
    audio.admit_file(path, "--ref")
    samples, rate = audio.decode_float(path, "--ref")
    channels, channel_difference = _channels(path)
    text, origin, written = _transcript(path, transcript)
    return Source(samples, rate, channels, channel_difference, text, origin, (path, *written))


def _channels(path: Path) -> tuple[int, float]:
    """How many channels a recording has, and how much they differ in dB; 0 for what only ffmpeg can
    read.
    """
    import numpy as np
    import soundfile

    if path.suffix.lower() in audio.DEMUXERS:
        return 0, NOTHING_DB
    channels, common, different = 1, 0.0, 0.0
    for block in soundfile.blocks(os.fsencode(path), blocksize=BLOCK_SAMPLES, always_2d=True):
        shared = block.mean(axis=1, keepdims=True)
        channels = block.shape[1]
        common += channels * float(np.sum(shared**2))
        different += float(np.sum((block - shared) ** 2))
    return channels, max(
        float(reference.decibels(np.sqrt(different / max(common, 1e-18)))), NOTHING_DB
    )


def _transcript(path: Path, wanted: str | None) -> tuple[str, str, tuple[Path, ...]]:
    """What the recording is said to say, where that is from, and the file; all are empty if nothing
    says it.
    """
    beside = path.with_suffix(".txt")
    files: tuple[Path, ...] = ()
    if wanted is not None and not os.path.exists(wanted):
        text, origin = wanted, "given by --transcript"
    elif wanted is not None or beside.is_file():
        file = beside if wanted is None else Path(wanted)
        text, origin, files = _text(file), f"from {file.name}", (file,)
    else:
        text, origin = "", ""
    if len(text) > TRANSCRIPT_CHARS:
        raise UsageError(
            f"the transcript is too long ({len(text):,} characters)",
            where="--transcript",
            hint="cut it to fit",
        )
    return " ".join(text.split()), origin, files


def _text(path: Path) -> str:
    try:
        return encoding.decode(regular.read(path, TRANSCRIPT_BYTES))
    except (OSError, NotUtf8) as error:
        raise UsageError(
            f"the transcript cannot be read ({getattr(error, 'strerror', error)})",
            where=str(path),
            hint="name a text file in UTF-8, or give the text itself",
        ) from error


def _trimmed(source: Source, heard: Heard | None) -> tuple[Source, str]:
    """The best part of a recording, and a word on how it was cut."""
    frames = reference.frames(source.samples, source.rate)
    edges = frames.pauses()
    seconds = edges[-1][0] - edges[0][1] + 2 * EDGE_SECONDS
    if SECONDS[0] <= seconds <= SECONDS[1]:
        return source, f"nothing to trim but silence: {seconds:.1f} s is a good length"
    if heard is None:
        # Audio that is cut without its transcript is what makes clones run away.
        return (
            source,
            "only the silence at its edges was trimmed; to cut the transcript too:"
            f" {recognition.INSTALL}",
        )
    if not heard.timed:
        return source, "not trimmed: this speech recognition model does not give the times of words"
    cut = trim.best(frames, heard, source.transcript)
    if cut is None:
        return (
            source,
            "not trimmed: no 3 to 15 s between pauses where the transcript agrees with what is"
            " heard",
        )
    part = source.samples[round(cut.start * source.rate) : round(cut.end * source.rate)]
    note = f"trimmed to {cut.start:.1f} to {cut.end:.1f} s of the recording: {cut.transcript}"
    return replace(source, samples=part, transcript=cut.transcript), note


def _corrected(source: Source, measures: Measures) -> NDArray[np.float32]:
    """The samples without long silence at the edges, at a usual level."""
    import numpy as np

    skip, stop = (
        round((edge - EDGE_SECONDS) * source.rate) if edge > EDGE_LIMIT else 0
        for edge in (measures.lead, measures.tail)
    )
    kept = source.samples[skip : source.samples.size - stop]
    return (kept * 10 ** (measures.gain / 20)).astype(np.float32)


def _transcript_finding(source: Source, path: Path) -> Finding:
    finding = partial(Finding, "transcript")
    figure = f"{len(source.transcript)} characters, {source.origin}"
    beside = path.with_suffix(".txt").name
    if source.origin == PROPOSED:
        fix = f"read it against the recording, write it into {beside}, and run this again"
        return finding(Grade.AMBER, figure, f"nobody has read it yet: {source.transcript}", fix)
    if source.transcript:
        return finding(Grade.GREEN, figure)
    if source.origin:
        reason = "only the colour of the voice will be taken, not its way of speaking"
        return finding(
            Grade.AMBER, f"empty, {source.origin}", reason, f"write what it says into {beside}"
        )
    fix = f"write what it says into {beside}, or have it proposed: {recognition.INSTALL}"
    return finding(Grade.RED, "none", "without it clones are worse, and wrong ones run away", fix)


def _heard_finding(transcript: str, heard: Heard) -> Finding:
    result = recognition.compare(recognition.split(transcript), [word.text for word in heard.words])
    figure = f"{result.rate:.0%} of the words differ from what is heard"
    grade = Grade.GREEN if result.rate <= WORD_ERRORS[0] else Grade.AMBER
    if result.rate > WORD_ERRORS[1]:
        grade = Grade.RED
    if grade == Grade.GREEN:
        return Finding("words", grade, figure)
    sides = (
        ("heard, but not written", result.unwritten),
        ("written, but not heard", result.unheard),
    )
    reason = "; ".join(f"{side}: {_named(words)}" for side, words in sides if words)
    return Finding("words", grade, figure, reason, "write down exactly what is said, word for word")


def _named(words: tuple[str, ...]) -> str:
    more = len(words) - NAMED_WORDS
    return " ".join(words[:NAMED_WORDS]) + (f" and {more} more" if more > 0 else "")
