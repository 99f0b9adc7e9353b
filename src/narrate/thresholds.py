"""Which checks a clip passes through, and the numbers at which they refuse it."""

from __future__ import annotations

import msgspec

CHECKS = ("words", "speaker", "echo", "quality")
"""The checks that listen; the one of the structure is always on."""

USES = ("auto", "all", "none")


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field a threshold. Clips are judged by stored measurements, so a new threshold judges
    them again without their being spoken or heard.
    """
