"""What the checks that listen have measured of a clip; stored with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from narrate.checks import echo, quality, speaker, words
from narrate.checks.echo import Echo
from narrate.checks.quality import Quality
from narrate.checks.speaker import Likeness, Speaker
from narrate.checks.words import Words
from narrate.thresholds import Thresholds

VERSIONS = {
    "words": words.VERSION,
    "speaker": speaker.VERSION,
    "echo": echo.VERSION,
    "quality": quality.VERSION,
}
HEARING = ("words", "echo")
"""The checks that find more with a recognizer."""

UNHEARD = "it was stored before this check listened"


class Findings(msgspec.Struct, frozen=True, omit_defaults=True):
    """The measurements of each check; None for one that did not listen.

    `likeness` compares `speaker` with the reference and the other clips of the voice. `missing`
    says why a check could not listen, or not with all that it needs, by its name.
    """

    words: Words | None = None
    speaker: Speaker | None = None
    likeness: Likeness | None = None
    echo: Echo | None = None
    quality: Quality | None = None
    missing: dict[str, str] = {}

    def reasons(self, checks: Sequence[str], thresholds: Thresholds) -> tuple[str, ...]:
        """Why these checks refuse the clip, in words."""
        return tuple(reason for name in checks for reason in self._reasons(name, thresholds))

    def lacking(self, check: str) -> str | None:
        """Why nothing has listened for a check, or not with all that it needs; None if it has."""
        return self.missing.get(check) or (None if getattr(self, check, None) else UNHEARD)

    def unchecked(self, check: str) -> str | None:
        """Why a check cannot judge the clip, or not in full, even if it has listened."""
        if check == "speaker" and self.speaker and self.likeness:
            return speaker.unchecked(self.speaker, self.likeness)
        if check == "words" and self.words and self.words.unchecked:
            return self.words.unchecked
        return self.lacking(check)

    def lack(self, checks: Sequence[str], hears: bool) -> bool:
        """Whether one of these checks would find more than it has. `hears` says whether there is a
        recognizer.
        """
        return any(self._would_find_more(name, hears) for name in checks)

    def joined(self, later: Findings) -> Findings:
        """With what was found later in place of what was found before."""
        names = ("words", "speaker", "likeness", "echo", "quality")
        found = {name: each for name in names if (each := getattr(later, name)) is not None}
        before = {name: why for name, why in self.missing.items() if name not in found}
        return msgspec.structs.replace(self, **found, missing=before | later.missing)

    def worst(self, checks: Sequence[str], thresholds: Thresholds) -> float:
        """The largest of the measurements, each as a share of its threshold."""
        return max((self._worst(name, thresholds) for name in checks), default=0.0)

    def _reasons(self, check: str, thresholds: Thresholds) -> Iterator[str]:
        if check == "words" and self.words:
            yield from words.judge(self.words, thresholds)
        if check == "speaker" and self.likeness:
            yield from speaker.judge(self.likeness, thresholds)
        if check == "echo" and self.echo:
            yield from echo.judge(self.echo, thresholds)
        if check == "quality" and self.quality:
            yield from quality.judge(self.quality, thresholds)

    def _worst(self, check: str, thresholds: Thresholds) -> float:
        if check == "words" and self.words:
            return words.worst(self.words, thresholds)
        if check == "speaker" and self.likeness:
            return speaker.worst(self.likeness, thresholds)
        if check == "echo" and self.echo:
            return echo.worst(self.echo, thresholds)
        if check == "quality" and self.quality:
            return quality.worst(self.quality, thresholds)
        return 0.0

    def _would_find_more(self, check: str, hears: bool) -> bool:
        known = getattr(self, check)
        if known is None:
            return True
        old = known.version != VERSIONS[check]
        return old or (hears and check in HEARING and check in self.missing)
