"""Which checks a clip passes through, and the numbers at which they refuse it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

CHECKS = ("words", "speaker", "echo", "quality")
"""The checks that listen; the one of the structure is always on."""

USES = ("auto", "all", "none")

Positive = Annotated[float, Meta(gt=0)]
Cosine = Annotated[float, Meta(ge=-1, lt=1)]
"""The least similarity of two voiceprints: that of a voiceprint to itself is 1."""


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field a threshold. Clips are judged by stored measurements, so a new threshold judges
    them again without their being spoken or heard.
    """

    words_ratio: Positive = 15.0
    """By how many nats other words must be likelier than the expected ones. Of 514 good clips of
    five voices, 508 are at 0 and two above 15.
    """

    words_burst: Positive = 4.0
    """How much a recogniser must have heard otherwise in one place, in phonemes. What it heard and
    what the sound shows add up, as shares of both. By Whisper tiny.en, good clips of five voices
    reach 4.0 (514 of 514 but one), and 98 of 100 stay below 3.
    """

    words_errors: Positive = 0.25
    """The share of characters that may be heard otherwise, in languages without pronunciations."""

    speaker_distance: Positive = 2.4
    """The largest distance of a voiceprint from the voice's other clips in standard deviations,
    where no embedding is available. Of nine voices, it refused 1 of 616 good clips, 99.96 % of
    clips in a voice of the other sex and 94 % in another voice of the same sex; the rest are three
    voices of one engine that sound alike.
    """

    speaker_unlike: Positive = 3.7
    """The same with an embedding: the distance, and 5 times what the similarity lacks of 1. It
    refused none of 616 good clips, and 100 % and 95 % of the others.
    """

    speaker_reference: Cosine = 0.45
    """The least similarity (cosine) to the reference. Clips of one recording reach 0.5 and more
    whatever their length; the threshold is lower, as a clone differs from its reference more than
    the person does. Clips in a voice of the other sex reach 0.45 in one of 100.
    """

    speaker_pitch: Positive = 8.0
    """How many semitones the pitch may differ from that of the reference. Women speak about 10
    semitones higher than men; clips of one voice differ by up to 4, and pieces of 2 s of one reader
    by up to 7.
    """

    clipped: float = 0.001
    """The share of samples at full scale: one in a thousand is audible as a crackle, and good
    engines have none.
    """

    offset: float = 0.02
    """How far the mean of the samples may be from zero, of full scale. No voice measured is beyond
    0.001.
    """

    quiet: float = -45.0
    """dBFS of the loud parts. Engines and readers are between -28 and -10."""

    noise: float = -21.0
    """dB: how loud noise may be against the loud parts of the speech. A reader in an ordinary room
    is at -27 and below; noise 10 dB below the speech comes out at -18 and above. Speech of under
    0.6 s may be at half of it, as no part of it need be quiet.
    """

    silence: float = 3.0
    """Seconds before and after the speech. Engines leave up to 0.6 s."""

    pauses: tuple[float, float, float, float] = (0.55, 0.9, 1.2, 1.5)
    """Seconds of silence inside the speech: where there is no punctuation, at a comma, at a dash or
    a colon, at the end of a sentence. The longest of three voices and a reader are 0.4 s.
    """

    dropout: float = 22.0
    """dB that the edges of a short silence may fall and rise in 3 ms. Of 1,656 good clips, the
    highest is at 19; of zeros in the middle of a word, 98 % are above 24.
    """

    decay: int = 22
    """Milliseconds in which the end falls from -15 to -45 dB. Words that are cut off take 20 and
    less, whole ones 25 and more.
    """

    ending: float = -18.0
    """dB of the last sound against the loud parts. Ends of whole words are below -21."""

    fall: float = 28.0
    """dB that sound may fall by in 4 ms at its end. Whole words fall by 24 and less, words that are
    cut in a vowel by 40 and more. Speech of under 0.6 s may fall by 6 dB more.
    """

    start: float = -12.0
    """dB that sound may reach in its first 6 ms, against the loud parts. Whole words reach -14 and
    less, most of them -20.
    """

    jump: float = 15.0
    """dB by which the level may change from one second to the next. Speech is within 13."""

    skew: float = -0.6
    """How skewed the changes of level may be to falls; speech is above -0.47, and half of
    all reversed clips are below the threshold; most others end too abruptly.
    """

    steady: float = 1.0
    """Seconds of a sound that does not change: noise, buzz, a tone, a stuck vowel. Not even "la la
    la" is one.
    """

    repeated: float = 0.45
    """Seconds that come again within 3 s, wave by wave. No voice does that, unless its text says a
    word twice.
    """

    pace: float = 0.5
    """How far the time that the words take may be from what is usual for the voice, as a natural
    logarithm: between 0.61 and 1.65 times. Good lines are within 0.35.
    """

    speed: float = 0.1
    """How far pace, pitch and spectrum together may be from those of the voice, as a natural
    logarithm. Good lines are within 0.07.
    """

    dull: float = 20.0
    """dB by which the highest sounds may be weaker than usual: a clip at the wrong rate lacks them.
    Of good lines, the furthest is 17 dB off; at four fifths of the speed, all are above 21.
    """

    level: float = 15.0
    """dB that the level may be from that of the voice."""

    distance: float = 6.5
    """dB that the spectrum may be from that of the voice. Good lines are within 6."""

    quality: float | None = None
    """The least DNSMOS of a clip, from 1 to 5; none by default, as good clips of good engines lie
    between 2.8 and 3.5, and so do bad ones.
    """

    faintest_word: float = -35.0
    """dB of the peak of a word against that of the loudest one, for an engine that knows where each
    word lies. The faintest of 3,200 words of hibari is at -25.
    """

    echo_words: Annotated[int, Meta(ge=1)] = 3
    """How many words of the reference in a row are an echo, if they are not in the text. One or two
    may be misheard.
    """

    echo_seconds: Positive = 0.56
    """How long a clip may sound as its reference does. Clips of one voice without an echo reach
    0.54; three words of the recording in front of a clip are longer in 94 % of all cases.
    """


DEFAULT = Thresholds()
