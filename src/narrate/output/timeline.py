"""Clips and pauses -> exact positions in samples; seconds and frames are derived from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from narrate.config import Format
from narrate.planning.plan import Plan, PlannedSegment, PlannedUtterance
from narrate.sound.audio import resampled_length
from narrate.store.entry import Clip


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a segment at the timeline's rate: a clip, or silence where there is none."""

    samples: int
    clip: Clip | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a segment lies: `samples` of sound from `start`, then `pause` samples of silence."""

    planned: PlannedSegment
    parts: tuple[Part, ...]
    start: int
    samples: int
    pause: int

    @property
    def end(self) -> int:
        """The first sample after the sound."""
        return self.start + self.samples

    @property
    def next_start(self) -> int:
        """The first sample after the pause."""
        return self.end + self.pause


@dataclass(frozen=True, slots=True)
class Timeline:
    """All segments in order, at `rate` Hz; slots follow one another without gap or overlap."""

    rate: int
    slots: tuple[Slot, ...]

    @property
    def samples(self) -> int:
        """The length of the narration."""
        return self.slots[-1].next_start if self.slots else 0

    def seconds(self, samples: int) -> float:
        """A number of samples in seconds, to the microsecond."""
        return round(samples / self.rate, 6)

    def frame(self, sample: int, fps: Fraction) -> int:
        """The video frame that begins nearest to a sample: round half up of sample · fps / rate.

        Rounding positions, not lengths, keeps the error below one frame however long the video is.
        """
        return int((2 * sample * fps + self.rate) // (2 * self.rate))


FORMAT_RATES: Mapping[Format, tuple[int, ...]] = {
    "m4a": (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000),
    "mp3": (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    "opus": (8000, 12000, 16000, 24000, 48000),
}
"""The only rates in Hz that these formats allow; the others allow any."""


def lay(plan: Plan, clips: Mapping[bytes, Clip], format: Format) -> Timeline:
    """Put every segment of a plan in its place; `clips` holds those that the plan did not have.

    The rate is the highest of any clip, or the next one that the format has, so that a recording
    loses nothing.
    """
    chosen = {
        utterance.canonical: clips.get(utterance.canonical) or utterance.clip
        for utterance in plan.utterances()
    }
    rate = _rate(max(clip.rate for clip in chosen.values() if clip), format)
    slots: list[Slot] = []
    start = 0
    for planned in plan.segments:
        parts: list[Part] = []
        for utterance in planned.utterances:
            clip = chosen[utterance.canonical]
            assert clip is not None
            parts += parts_of(utterance, clip, rate)
        samples = sum(part.samples for part in parts)
        slots.append(Slot(planned, tuple(parts), start, samples, round(planned.pause_after * rate)))
        start = slots[-1].next_start
    return Timeline(rate, tuple(slots))


def parts_of(utterance: PlannedUtterance, clip: Clip, rate: int) -> Iterator[Part]:
    """An utterance at `rate` Hz: the silence before it, if there is any, and its clip."""
    if silence := round(utterance.pause_before * rate):
        yield Part(silence)
    yield Part(resampled_length(clip.samples, clip.rate, rate), clip)


def _rate(rate: int, format: Format) -> int:
    allowed = FORMAT_RATES.get(format, (rate,))
    return min((each for each in allowed if each >= rate), default=allowed[-1])
