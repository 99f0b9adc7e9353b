"""What the page says of clips: their words, their numbers, and the shape of their sound."""

from __future__ import annotations

import base64
from dataclasses import replace

import msgspec
import numpy as np

from narrate.checks.findings import Findings
from narrate.checks.provenance import Provenance
from narrate.checks.quality import Quality
from narrate.checks.speaker import Likeness
from narrate.checks.structure import Measures
from narrate.checks.words import Difference as Found
from narrate.checks.words import Words
from narrate.review.model import Difference
from narrate.review.sounds import heard, measured, peaks
from narrate.review.sounds.spoken import Spoken
from narrate.sound import audio
from support.plans import clip, line


def spoken(*findings: Findings) -> Spoken:
    """Utterances of three words and one second each, a half after the one before."""
    found = []
    for each in findings:
        measures = Measures(stop="end", seconds=1.0, peak=0.5, silent=0.0, clipped=0.0)
        made = Provenance(engine="tone", attempt=2, measures=measures, seconds=0.5, findings=each)
        stored = replace(clip(24_000), origin=msgspec.json.encode(made))
        found.append((line(stored, 0.5, "One two three."), stored))
    return found


WORDS = Words(
    checked="graph",
    ratio=812.0,
    burst=2.5,
    times=(5, 30, 30, 60, 65, 95),
    differences=(
        Found("left out", 1, 2, 30, 30, "two", ""),
        Found("again", 2, 3, 65, 95, "three.", ""),
        Found("other", 3, 3, 96, 99, "", ""),
        Found("instead", 0, 1, 5, 30, "One", "Won"),
    ),
)


def test_words_and_differences_lie_where_they_are_heard_in_the_segment() -> None:
    """The second utterance begins after a silence, a clip, and another silence."""
    both = spoken(Findings(), Findings(words=WORDS))
    assert list(heard.words(both)) == [
        ("One", 2.05, 2.3),
        ("two", 2.3, 2.6),
        ("three.", 2.65, 2.95),
    ]
    assert list(heard.differences(both)) == [
        Difference("two", "", 2.3),
        Difference("three.", "three. three.", 2.65),
        Difference("", "something else", 2.96),
        Difference("One", "Won", 2.05),
    ]
    assert heard.wrong(both) == (4, 3)
    assert heard.wrong(spoken(Findings())) == (0, 0)


def test_of_several_utterances_the_worst_is_told() -> None:
    good, bad = Likeness(1, reference=0.9, usual=0.95), Likeness(1, reference=0.4, usual=0.7)
    rated = Quality(1, overall=3.4, speech=3.6, background=4.0, p808=3.9)
    found = measured.of(
        spoken(
            Findings(likeness=good, words=WORDS, quality=rated),
            Findings(likeness=bad, missing={"echo": "no reference"}),
        ),
        ("it is short", "it is short"),
    )
    assert found.reasons == ("it is short",)
    assert dict(found.numbers) == {
        "pace": "14.0 characters/s",
        "evidence of other words": "812 nats",
        "heard otherwise": "2.5 phonemes",
        "peak": "-6.0 dBFS",
        "like the reference": "0.40",
        "like its other lines": "0.70",
        "quality": "3.4 of 5 (DNSMOS)",
        "not checked in full": "echo (no reference)",
        "attempt": "2",
        "engine": "tone",
    }


def test_a_side_is_measured_over_all_that_it_says() -> None:
    likeness = [Likeness(1, reference=value) for value in (0.5, 0.8, 0.9)]
    side = measured.side("a", [spoken(Findings(likeness=each, words=WORDS)) for each in likeness])
    assert (side.seconds, side.pace, side.speed) == (3.0, 14.0, 2.0)
    assert (side.wrong, side.similarity) == (round(12 / 9, 4), 0.8)


def test_a_waveform_is_the_peak_of_each_column() -> None:
    samples = np.zeros(16_000, np.float32)
    samples[100 * 50] = -0.5
    heights = base64.b64decode(peaks.encoded(audio.pcm16(samples)))
    assert len(heights) == peaks.COLUMNS
    assert heights[50] == 128
    assert sum(heights) == 128
    assert peaks.encoded(b"") == ""
    assert len(base64.b64decode(peaks.encoded(audio.pcm16(samples[5000:5001])))) == peaks.COLUMNS
