"""When a check refuses a clip: the numbers of [checks] in the settings, each with its reason."""

from __future__ import annotations

import msgspec


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field a threshold. Clips are judged by stored measurements, so a new threshold judges
    them again without their being spoken or heard.
    """

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

    quality: float | None = None
    """The least DNSMOS of a clip, from 1 to 5; none by default, as good clips of good engines lie
    between 2.8 and 3.5, and so do bad ones.
    """

    echo_words: int = 3
    """How many words of the reference in a row are an echo, if they are not in the text. One or two
    may be misheard.
    """

    echo_seconds: float = 0.56
    """How long a clip may sound as its reference does. Clips of one voice without an echo reach
    0.54; three words of the recording in front of a clip are longer in 94 % of all cases.
    """
