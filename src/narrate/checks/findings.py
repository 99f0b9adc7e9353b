"""What the checks that listen have measured of a clip; stored with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from narrate.checks import speaker
from narrate.checks.speaker import Likeness, Speaker
from narrate.thresholds import Thresholds


class Findings(msgspec.Struct, frozen=True, omit_defaults=True):
    """The measurements of each check; None for one that did not listen.

    `likeness` compares `speaker` with the reference and the other clips of the voice. `missing`
    says why a check could not listen, by its name.
    """

    speaker: Speaker | None = None
    likeness: Likeness | None = None
    missing: dict[str, str] = {}

    def reasons(self, checks: Sequence[str], thresholds: Thresholds) -> tuple[str, ...]:
        """Why these checks refuse the clip, in words."""
        return tuple(reason for name in checks for reason in self._of(name, thresholds))

    def unchecked(self, checks: Sequence[str]) -> dict[str, str]:
        """Which of these checks did not listen, or found too little to judge by, and why."""
        why = {name: self._unchecked(name) for name in checks}
        return {name: reason for name, reason in why.items() if reason}

    def worst(self, checks: Sequence[str], thresholds: Thresholds) -> float:
        """The largest of the measurements, each as a share of its threshold."""
        return 0.0

    def _of(self, check: str, thresholds: Thresholds) -> Iterator[str]:
        if check == "speaker" and self.likeness:
            yield from speaker.judge(self.likeness, thresholds)

    def _unchecked(self, check: str) -> str | None:
        if reason := self.missing.get(check):
            return reason
        if check == "speaker" and self.speaker and self.likeness:
            return speaker.unchecked(self.speaker, self.likeness)
        return None if getattr(self, check, None) else "it has not listened"
