"""Counts of what was refused, and the tables that are made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import comb

CONFIDENCE = 0.95


@dataclass
class Tally:
    """How many clips there were, and how many of them were refused."""

    clips: int = 0
    refused: int = 0

    def add(self, refused: bool) -> None:
        self.clips += 1
        self.refused += refused

    @property
    def share(self) -> float:
        return self.refused / self.clips

    @property
    def at_least(self) -> float:
        """The lower bound of the share that would be refused of all such clips."""
        return 1 - _most(self.clips - self.refused, self.clips)

    @property
    def at_most(self) -> float:
        """The upper bound of it."""
        return _most(self.refused, self.clips)


def _most(hits: int, of: int) -> float:
    """The one-sided bound of Clopper and Pearson: the share at which so few hits have a chance of
    5 %.
    """
    low, high = hits / of, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        chance = sum(comb(of, n) * middle**n * (1 - middle) ** (of - n) for n in range(hits + 1))
        low, high = (low, middle) if chance < 1 - CONFIDENCE else (middle, high)
    return high


def _tallies() -> dict[str, Tally]:
    return defaultdict(Tally)


def _zeros() -> dict[str, float]:
    return defaultdict(float)


def _nested() -> dict[str, dict[str, Tally]]:
    return defaultdict(_tallies)


@dataclass
class Figures:
    """What each judge refused, by kind of fault, of good clips by voice, and what it cost."""

    bad: dict[str, dict[str, Tally]] = field(default_factory=_nested)
    good: dict[str, dict[str, Tally]] = field(default_factory=_nested)
    seconds: dict[str, float] = field(default_factory=_zeros)
    heard: dict[str, float] = field(default_factory=_zeros)

    def add(self, other: Figures) -> None:
        """Count what was found of other voices too."""
        for mine, found in ((self.bad, other.bad), (self.good, other.good)):
            for name, tallies in found.items():
                for judge, tally in tallies.items():
                    mine[name][judge] = total(iter((mine[name][judge], tally)))
        for judge in other.seconds:
            self.seconds[judge] += other.seconds[judge]
            self.heard[judge] += other.heard[judge]

    def cost(self, judge: str) -> float:
        """Processor time for each second of a good clip."""
        return self.seconds[judge] / self.heard[judge]

    def all_good(self, judge: str) -> Tally:
        """The good clips of all voices."""
        return total(tallies[judge] for tallies in self.good.values())

    def all_bad(self, judge: str) -> Tally:
        """The clips with a fault of any kind."""
        return total(tallies[judge] for tallies in self.bad.values())


def total(tallies: Iterator[Tally]) -> Tally:
    """All of them together."""
    found = list(tallies)
    return Tally(sum(each.clips for each in found), sum(each.refused for each in found))


def table(figures: Figures, judges: Sequence[str]) -> str:
    """The share caught of each kind of fault and refused of good clips, with bounds for the
    first of the judges, in Markdown.
    """
    first = judges[0]
    heads = [f"{first} (bound)", *judges[1:]]
    lines = [f"| fault | clips | {' | '.join(heads)} |", f"|---|---{'|---' * len(heads)}|"]
    for kind, found in figures.bad.items():
        bound = f"{_percent(found[first])} (≥ {found[first].at_least:.0%})"
        lines.append(_row(kind, found, [bound], judges))
    lines.append(f"| **good clips refused** |{' |' * (len(heads) + 1)}")
    for voice, found in figures.good.items():
        bound = f"{_percent(found[first])} (≤ {found[first].at_most:.1%})"
        lines.append(_row(voice, found, [bound], judges))
    return "\n".join(lines) + "\n"


def _row(name: str, found: Mapping[str, Tally], cells: Sequence[str], judges: Sequence[str]) -> str:
    others = [_percent(found[judge]) for judge in judges[1:]]
    return f"| {name} | {found[judges[0]].clips} | {' | '.join([*cells, *others])} |"


def _percent(tally: Tally) -> str:
    """A share of hundreds is known to tenths of a percent."""
    share = 100 * tally.share
    return f"{share:.0f} %" if share in (0, 100) or tally.clips < 200 else f"{share:.1f} %"
