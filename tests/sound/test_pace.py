"""How long it takes to say a text."""

from __future__ import annotations

import pytest

from narrate.sound.pace import bounds


@pytest.mark.parametrize(
    ("text", "shortest"),
    [
        ("abc def, 30%!", 6 / 30),
        ("Straße, naïve", 11 / 30),
        ("これは例です", 13 / 30),
        ("这是一个例子。", 18 / 30),
        ("이것은 예입니다.", 14 / 30),
        ("สวัสดี", 4 / 30),
        ("नमस्ते", 4 / 30),
        ("AIと言う", (2 + 2 + 3 + 2) / 30),
        ("", 0.0),
    ],
)
def test_a_clip_is_too_short_if_it_is_faster_than_anybody(text: str, shortest: float) -> None:
    assert bounds(text)[0] == pytest.approx(shortest)


@pytest.mark.parametrize(
    ("text", "seconds"),
    # Read aloud at an ordinary pace; 260 characters of Chinese, or 350 of Japanese, take a minute.
    [("这是一个例子我们继续好吗" * 10, 26.0), ("これはれいですつぎにすすみます" * 10, 22.0)],
)
def test_ordinary_speech_passes(text: str, seconds: float) -> None:
    shortest, longest = bounds(text)
    assert shortest < seconds < longest
    assert shortest > seconds / 3
