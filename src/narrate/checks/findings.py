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

    def lacking(self, check: str) -> str | None:
        """Why nothing has listened for a check, or not with all that it needs; None if it has."""
        if reason := self.missing.get(check):
            return reason
        return None if getattr(self, check, None) else "it was stored before this check listened"

    def unchecked(self, check: str) -> str | None:
        """Why a check cannot judge the clip, or not in full, even if it has listened."""
        if check == "speaker" and self.speaker and self.likeness:
            return speaker.unchecked(self.speaker, self.likeness)
        return self.lacking(check)

    def lack(self, checks: Sequence[str], hears: bool) -> bool:
        """Whether one of these checks would find more than it has. `hears` says whether there is a
        recognizer.
        """
        return any(getattr(self, name, None) is None for name in checks)

    def joined(self, later: Findings) -> Findings:
        """With what was found later in place of what was found before."""
        fields = {
            name: value
            for name in self.__struct_fields__
            if (value := getattr(later, name)) is not None
        }
        return msgspec.structs.replace(self, **fields)

    def worst(self, checks: Sequence[str], thresholds: Thresholds) -> float:
        """The largest of the measurements, each as a share of its threshold."""
        return 0.0

    def _of(self, check: str, thresholds: Thresholds) -> Iterator[str]:
        if check == "speaker" and self.likeness:
            yield from speaker.judge(self.likeness, thresholds)
