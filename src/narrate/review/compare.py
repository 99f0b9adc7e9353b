"""`narrate compare`: a script spoken twice -> a page on which nobody sees who speaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import xxhash

from narrate import build, speech
from narrate.base import events
from narrate.base.events import Emit
from narrate.base.text import encodable
from narrate.config import Profile
from narrate.errors import UsageError
from narrate.output import place
from narrate.planning.plan import Plan, PlannedSegment
from narrate.review import page, sample
from narrate.review.ballot import Ballot, Key, Pair, Recording
from narrate.review.folder import Folder, Shown
from narrate.review.make import open_folder
from narrate.review.model import Rendering
from narrate.review.sounds import files, measured
from narrate.review.sounds.spoken import Spoken
from narrate.session import Prepared, Session, opened
from narrate.sound import audio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Spoke:
    """One side of a comparison: its name, its session, its plan of the sample, and what it said of
    each segment.
    """

    name: str
    session: Session
    plan: Plan
    said: Mapping[str, Spoken]


def side(written: str) -> dict[str, str]:
    """The settings of a side: a profile, an engine or ENGINE:MODEL.

    >>> side("draft"), side("torch:Qwen/Qwen3-TTS")
    ({'profile': 'draft'}, {'engine': 'torch', 'model': 'Qwen/Qwen3-TTS'})
    """
    if written in get_args(Profile):
        return {"profile": written}
    engine, _, model = written.partition(":")
    return {"engine": engine, **({"model": model} if model else {})}


def compare(
    source: str,
    flags: Mapping[str, Any],
    names: tuple[str, str],
    emit: Emit,
    *,
    out: Path | None = None,
    share: str = "100%",
) -> tuple[Path, Ballot]:
    """Speak a sample of a script with both sides, into the cache, and write the blind page into
    `out` or beside the narration; return its path and what it shows.

    Raises what `build.run` raises, and UsageError if both sides would say the same.
    """
    if source == place.STDIN:
        raise UsageError("a script is read twice", where="narrate compare", hint="name a file")
    with ExitStack() as stack:
        relay = stack.enter_context(events.Relay(emit))
        # Together, one of them would have to go into a folder of its own.
        first, second = (
            stack.enter_context(opened([each], relay))[0]
            for each in _prepared(source, flags, names, relay)
        )
        plans = _differing(first.plan(), second.plan(), names, share)
        folder = open_folder(first, out, "compare")
        sides = [
            _speak(name, session, plan)
            for name, session, plan in zip(names, (first, second), plans, strict=True)
        ]
        ballot = _Draw(sides[0], sides[1], folder).ballot()
        return folder.finish(page.html("compare", ballot), Shown()), ballot


def _prepared(
    source: str, flags: Mapping[str, Any], names: Sequence[str], emit: Emit
) -> Iterator[Prepared]:
    """The script with the settings of each side; what is wrong with it is told once."""
    for name, tell in zip(names, (emit, lambda event: None), strict=True):
        yield build.prepare(source, {**flags, **side(name)}, tell)


def _differing(one: Plan, two: Plan, names: Sequence[str], share: str) -> tuple[Plan, Plan]:
    """Both plans with the segments of the sample that the sides say differently. Raises
    UsageError.
    """
    spoken = [each.segment for each in one.segments if each.segment.audio is None]
    chosen = sample.ids(spoken, share) if spoken else frozenset[str]()
    same = {a.segment.id for a, b in zip(one.segments, two.segments, strict=True) if _same(a, b)}
    if not chosen - same:
        what = f"{names[0]} and {names[1]} say this script in the same way"
        hint = "compare two engines, or two models of one: ENGINE:MODEL"
        raise UsageError(what, where=one.script.name, hint=hint)
    return _only(one, chosen - same), _only(two, chosen - same)


def _same(one: PlannedSegment, two: PlannedSegment) -> bool:
    return [each.canonical for each in one.utterances] == [
        each.canonical for each in two.utterances
    ]


def _only(plan: Plan, ids: frozenset[str]) -> Plan:
    return replace(plan, segments=tuple(each for each in plan.segments if each.segment.id in ids))


def _speak(name: str, session: Session, plan: Plan) -> Spoke:
    session.store.hold()
    outcome = speech.speak([plan], session.settings, session.store, session.emit)
    speech.check(plan, outcome, None)
    clips = plan.clips | outcome.clips
    said = {
        each.segment.id: [(line, clips[line.canonical]) for line in each.utterances]
        for each in plan.segments
    }
    return Spoke(name, session, plan, said)


@dataclass(frozen=True, slots=True)
class _Draw:
    """Puts the sounds of two sides in an order that the page does not tell."""

    one: Spoke
    two: Spoke
    folder: Folder

    def ballot(self) -> Ballot:
        script, swapped = self.one.plan.script, self.swapped()
        key = Key(
            (
                measured.side(self.one.name, list(self.one.said.values())),
                measured.side(self.two.name, list(self.two.said.values())),
            ),
            tuple(sorted(swapped)),
        )
        references = tuple(self.references())
        return Ballot(
            title=script.title or "",
            script=encodable(script.named),
            stem=encodable(Path(place.name_of(script.path)).stem),
            key=key.sealed(),
            rated=bool(references),
            pairs=tuple(self.pair(each, swapped) for each in self.one.plan.segments),
            references=references,
        )

    def swapped(self) -> frozenset[str]:
        """The segments of which the second side is heard first: half of them, drawn with what is
        asked for as the seed, so that a page that is made again has the same order.
        """
        seed = hashlib.blake2b(digest_size=16)
        for each in (*self.one.plan.utterances(), *self.two.plan.utterances()):
            seed.update(each.canonical)
        return sample.drawn(self.one.said, seed.digest(), (len(self.one.said) + 1) // 2)

    def pair(self, planned: PlannedSegment, swapped: frozenset[str]) -> Pair:
        id = planned.segment.id
        heard = [files.samples(each.said[id], each.session.store) for each in (self.one, self.two)]
        level = min(map(_rms, (pcm for pcm, _ in heard)))
        placed = [self.sound(pcm, rate, level) for pcm, rate in heard]
        first, second = reversed(placed) if id in swapped else placed
        return Pair(id, planned.display, (first, second))

    def sound(self, pcm: bytes, rate: int, level: float) -> Rendering:
        """A sound turned down to a level: of two, the louder one is preferred for that alone."""
        loudness = _rms(pcm)
        even = audio.pcm16(audio.floats(pcm) * (level / loudness if loudness else 1.0))
        return files.placed(Rendering(), even, rate, xxhash.xxh3_128_hexdigest(even), self.folder)

    def references(self) -> Iterator[Recording]:
        """The recordings of the voices that are cloned in the sample."""
        used = {each.segment.voice for each in self.one.plan.segments}
        for name, voice in self.one.plan.voices.items():
            if name in used:
                pcm = audio.pcm16(voice.reference.samples)
                digest = xxhash.xxh3_128_hexdigest(pcm)
                yield files.placed(
                    Recording(name=name), pcm, voice.reference.rate, digest, self.folder
                )


def _rms(pcm: bytes) -> float:
    """The root mean square of samples, where full scale is 1."""
    import numpy as np

    samples: NDArray[np.float32] = audio.floats(pcm)
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0
