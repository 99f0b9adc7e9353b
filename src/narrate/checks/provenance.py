"""How a clip came to be: stored beside its samples, and read whenever it is used."""

from __future__ import annotations

import msgspec

from narrate.checks.findings import Findings
from narrate.checks.said import Said
from narrate.checks.structure import Measures
from narrate.checks.usual import Relative


class Provenance(msgspec.Struct, frozen=True, omit_defaults=True):
    """The origin of a clip: an engine, or a recording of which only the file name is known.

    `versions` are those of the packages that made it. `kind`, `device` and `dtype` are what the
    engine says of its model. `seconds` is how long the synthesis took, and `attempt` which attempt
    passed, counted from 1. `sound` is the digest of the samples (see `store.entry.sound`).
    """

    engine: str = ""
    versions: dict[str, str] = {}
    kind: str = ""
    device: str = ""
    dtype: str = ""
    seconds: float = 0.0
    attempt: int = 0
    measures: Measures | None = None
    relative: Relative | None = None
    said: Said | None = None
    findings: Findings = Findings()
    recording: str = ""
    sound: str = ""


def parse(origin: bytes) -> Provenance:
    """The provenance that a clip was stored with. Raises MsgspecError or UnicodeDecodeError."""
    return msgspec.json.decode(origin, type=Provenance)


def of(origin: bytes) -> Provenance:
    """The same; an empty one if it cannot be read."""
    try:
        return parse(origin)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Provenance()
