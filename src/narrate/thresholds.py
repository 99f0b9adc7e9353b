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

    words_ratio: float = 15.0
    """By how many nats other words must be likelier than the expected ones."""

    words_burst: float = 2.5
    """How much a recognizer must have heard otherwise in one place, in phonemes."""

    words_errors: float = 0.25
    """The share of characters that may be heard otherwise, in languages without pronunciations."""
