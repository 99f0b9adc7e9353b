"""Where marks and silences lie in the narration."""

from __future__ import annotations

from support.project import Narrate, lines


def test_marks_lie_at_the_edges_of_utterances(tone: Narrate) -> None:
    text = (
        "We see <bookmark mark='A'/>the circle. [pause:1s] <bookmark mark='B'/>It is"
        " quite <bookmark mark='C'/>round."
    )
    tone.write("script.json", lines("First.", text))
    tone.run()
    made = tone.manifest
    first, second = made["segments"]
    assert first["marks"] == {}
    assert second["text"] == second["spoken"] == "We see the circle. It is quite round."
    marks = second["marks"]
    assert list(marks) == ["A", "B", "C"]
    assert marks["A"]["at"] == 0.0
    assert marks["A"]["abs"] == second["start"]
    assert marks["A"]["frame"] == second["start_frame"]
    assert 1.0 < marks["B"]["at"] < marks["C"]["at"]
    assert marks["C"]["at"] == second["duration"]
    assert marks["C"]["frame"] == second["end_frame"]


def test_silences_lie_between_their_neighbors(tone: Narrate) -> None:
    tone.write(
        "script.txt", "[pause:3s]\n\nHi.\n\n[pause:2s]\n\nHo.\n\n* * *\n\nHa.\n\n[pause:4s]\n"
    )
    tone.run(script="script.txt")
    made = tone.manifest
    first, second, third = made["segments"]
    assert first["pause_after"] == 2.0
    assert second["start"] == first["end"] + 2.0
    assert third["start"] == round(second["end"] + 1.0, 6)
    assert third["pause_after"] == 4.0
    assert made["audio"]["duration"] == round(third["end"] + 4.0, 6)
    assert first["duration"] > 3.0


def test_invisible_characters_change_no_key(tone: Narrate) -> None:
    texts = (
        "A pre\u00adrequi\u00adsite.",
        "A prerequisite.",
        "An e\ufb03cient one.",
        "An efficient one.",
    )
    tone.write("script.json", lines(*texts))
    tone.run()
    keys = [each["cache_keys"] for each in tone.manifest["segments"]]
    assert keys[0] == keys[1]
    assert keys[2] == keys[3]
    captions = (tone.out / "narration.srt").read_text(encoding="utf-8")
    assert captions.isascii()
