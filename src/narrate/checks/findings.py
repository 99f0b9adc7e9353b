"""What the checks that listen have measured of a clip; stored with it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from narrate.thresholds import Thresholds


class Findings(msgspec.Struct, frozen=True, omit_defaults=True):
    """The measurements of each check; None for one that did not listen."""

    missing: dict[str, str] = {}
    """Why a check could not listen, by its name."""

    def reasons(self, checks: Sequence[str], thresholds: Thresholds) -> tuple[str, ...]:
        """Why these checks refuse the clip, in words."""
        return ()

    def unchecked(self, checks: Sequence[str]) -> dict[str, str]:
        """Which of these checks did not listen, and why."""
        return {name: self.missing[name] for name in checks if name in self.missing}

    def worst(self, checks: Sequence[str], thresholds: Thresholds) -> float:
        """The largest of the measurements, each as a share of its threshold."""
        return 0.0
