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
    """By how many nats other words must be likelier than the expected ones. Good clips of five
    voices reach 8 (99 of 100), clips with a word left out, said again or added 40 and more, and
    with another word 13 and more (95 of 100).
    """

    words_burst: float = 4.0
    """How much a recognizer must have heard otherwise in one place, in phonemes. Whisper tiny.en
    reaches 3.9 on good clips, so what it heard counts less than what the sound shows.
    """

    words_errors: float = 0.25
    """The share of characters that may be heard otherwise, in languages without pronunciations."""

    speaker_distance: float = 2.4
    """The largest distance of a voiceprint from the voice's other clips in standard deviations,
    where no embedding is available. It refuses 0.1 % of good clips, 100 % of clips in a voice of
    the other sex and 99 % in another voice of the same sex.
    """

    speaker_unlike: float = 3.7
    """The same with an embedding: the distance, and 5 times what the similarity lacks of 1."""

    speaker_reference: float = 0.45
    """The least similarity (cosine) to the reference. Clips of one recording reach 0.5 and more
    whatever their length; the threshold is lower, as a clone differs from its reference more than
    the person does. Clips in a voice of the other sex reach 0.45 in one of 100.
    """

    speaker_pitch: float = 7.0
    """How many semitones the pitch may differ from that of the reference. Women speak about 10
    semitones higher than men, and clips of one voice differ by up to 4.
    """
