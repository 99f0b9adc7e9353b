"""When a check refuses a clip: the numbers of [checks] in the settings, each with its reason."""

from __future__ import annotations

import msgspec


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field a threshold. Clips are judged by stored measurements, so a new threshold judges
    them again without their being spoken or heard.
    """
