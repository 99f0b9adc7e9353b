"""What was measured of a clip -> the reasons for refusing it, and which checks have a say."""

from __future__ import annotations

from dataclasses import dataclass

from narrate.checks import said, structure, usual
from narrate.checks.provenance import Provenance
from narrate.engines.base import Capabilities
from narrate.thresholds import CHECKS, Thresholds

LOSING_WORDS = ("words", "speaker", "echo")
"""The checks for engines that may lose words; `quality` is a number, and for those who want it."""


def wanted(use: str, capabilities: Capabilities) -> tuple[str, ...]:
    """The checks that listen to the clips of an engine; `use` is that of [checks]."""
    match use:
        case "auto":
            return LOSING_WORDS if capabilities.loses_words else ()
        case "all":
            return CHECKS
        case "none":
            return ()
    named = {name.strip() for name in use.split(",")}
    return tuple(name for name in CHECKS if name in named)


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges clips by what is stored of them, without listening to them.

    `checks` are those that have a say besides the structure.
    """

    checks: tuple[str, ...]
    thresholds: Thresholds

    def reasons(self, made: Provenance, text: str) -> tuple[str, ...]:
        """The reasons for refusing a clip with this text, in words; empty if it passes."""
        if made.measures is None:
            return ("it was stored without measurements",)
        return (
            *structure.judge(made.measures, text, self.thresholds),
            *(said.judge(made.said, self.thresholds) if made.said else ()),
            *(usual.judge(made.relative, self.thresholds) if made.relative else ()),
            *made.findings.reasons(self.checks, self.thresholds),
        )

    def score(self, made: Provenance) -> float:
        """How good a clip is: its worst measurement as a share of the threshold at which it is
        refused, so less is better.
        """
        return made.findings.worst(self.checks, self.thresholds)
