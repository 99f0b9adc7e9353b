"""Plans and clips built by hand, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from narrate.cache import Store
from narrate.config import Settings
from narrate.planning import casting
from narrate.planning.plan import Plan, PlannedSegment, PlannedUtterance
from narrate.planning.verdicts import verdict
from narrate.request import Request, canonical_json
from narrate.script import Scene, Script, Segment, WrittenVoice
from narrate.store.entry import Clip

MEASURES = {"stop": "end", "seconds": 1.0, "peak": 0.5, "silent": 0.1, "clipped": 0.0}

CHOICE = casting.choose("default", Settings(engine="tone"))


def noise(samples: int, seed: int = 0) -> bytes:
    """PCM_16 that no two places have in common."""
    return np.random.default_rng(seed).integers(-9000, 9000, samples, dtype="<i2").tobytes()


def request(text: str = "Hello there.") -> Request:
    return Request("tone", 1, "sine", text, "en")


def clip(
    samples: int, rate: int = 24_000, *, text: str = "Hello there.", digest: str = "0" * 32
) -> Clip:
    """A clip that is nowhere on disk."""
    form = request(text).canonical()
    return Clip(
        digest,
        form,
        samples,
        rate,
        msgspec.json.encode({"measures": MEASURES}),
        "nowhere",
        f"{samples:032x}",
    )


def line(clip: Clip, pause_before: float = 0.0, text: str = "Hello there.") -> PlannedUtterance:
    """An utterance with a canonical form that no other has, whatever its clip."""
    form = canonical_json({"text": text, "of": id(clip)})
    return PlannedUtterance(
        form,
        pause_before,
        clip,
        request=request(text),
        choice=CHOICE,
        flags=verdict(clip, text, CHOICE, Settings()),
    )


def segment(
    id: str,
    lines: Sequence[PlannedUtterance],
    pause_after: float = 0.0,
    display: str = "Hello there.",
) -> PlannedSegment:
    scene = id.partition("/")[0] if "/" in id else None
    return PlannedSegment(
        Segment(id=id, where=id, text=display, scene=scene), display, tuple(lines), pause_after
    )


def plan(*segments: PlannedSegment, voices: Mapping[str, WrittenVoice] | None = None) -> Plan:
    """A plan of segments; those named scene/id make up scenes."""
    names = list(dict.fromkeys(each.segment.scene for each in segments if each.segment.scene))
    scenes = tuple(
        Scene(
            id=name,
            segments=tuple(each.segment.id for each in segments if each.segment.scene == name),
        )
        for name in names
    )
    script = Script(
        path=Path("/nowhere/script.json"),
        name="script.json",
        folder=Path("/nowhere"),
        title="A title",
        language=None,
        fps=None,
        pause_after=None,
        voices=dict(voices or {}),
        scenes=scenes,
        segments=tuple(each.segment for each in segments),
        inputs=(),
    )
    return Plan(script, "en", (CHOICE,), {}, segments)


def one(
    samples: int, rate: int = 24_000, display: str = "Hello there.", pause_after: float = 0.0
) -> Plan:
    """A plan of one segment."""
    return plan(segment("a", [line(clip(samples, rate))], pause_after, display))


def stored(store: Store, samples: int, rate: int = 24_000, seed: int = 0) -> Clip:
    """A clip of noise that is in a store."""
    form = replace(request(), seed=seed).canonical()
    return store.put(form, noise(samples, seed), rate, {"measures": MEASURES})
