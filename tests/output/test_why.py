"""`narrate why` and `narrate status`: what changed since the last run, and what a run would do
about it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import soundfile

from support.project import Narrate, identities, lines

VOICE = Path(__file__).parents[2] / "examples" / "voice_ref"
SCRIPT: dict[str, Any] = {
    "voices": {"me": {"ref": "me.wav"}},
    "segments": [
        *lines("The first line.", "The second line."),
        {"id": "mine", "text": "A line of my own.", "voice": "me"},
        {"id": "take", "audio": "take.wav"},
    ],
}


@pytest.fixture
def narrated(tone: Narrate) -> Narrate:
    tone.write("me.wav", (VOICE / "ref.wav").read_bytes())
    tone.write("me.txt", (VOICE / "ref.txt").read_text())
    soundfile.write(tone.folder / "take.wav", [0.1, -0.1] * 6000, 24_000)
    tone.write("script.json", SCRIPT)
    tone.run()
    return tone


def change(tone: Narrate, number: int, **fields: Any) -> None:
    segments = [dict(each) for each in SCRIPT["segments"]]
    segments[number] |= fields
    tone.write("script.json", SCRIPT | {"segments": segments})


def reasons(
    tone: Narrate, id: str, *flags: str
) -> tuple[str, list[tuple[str, str | None, str | None]]]:
    """The state of a segment, and every reason as its words, old and new."""
    [entry] = tone("why", "script.json", id, "--json", *flags).json["segments"]
    return entry["state"], [(each["what"], each["old"], each["new"]) for each in entry["reasons"]]


def test_what_is_as_it_was_is_said_to_be(narrated: Narrate) -> None:
    before = identities(narrated.root)
    assert narrated("why").out == "nothing has changed since the last run\n"
    assert narrated("why", "s1").out == "s1: as in the last run\n"
    rows = [line.split()[:2] for line in narrated("status").out.splitlines()[:4]]
    assert rows == [["same", "s1"], ["same", "s2"], ["same", "mine"], ["same", "take"]]
    assert "0 of 4 segments to speak" in narrated("status").out
    assert identities(narrated.root) == before


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"text": "Other words."}, ("text", "The first line.", "Other words.")),
        ({"seed": 2}, ("seed", None, "2")),
        ({"take": 3}, ("take", "1", "3")),
        ({"language": "de"}, ("language", "en", "de")),
    ],
)
def test_the_field_that_changed_is_named_with_its_old_and_new_value(
    narrated: Narrate, fields: dict[str, Any], reason: tuple[str, str | None, str | None]
) -> None:
    change(narrated, 0, **fields)
    assert reasons(narrated, "s1") == ("speak", [reason])
    assert reasons(narrated, "s2") == ("same", [])
    assert narrated("why").out.startswith("s1: to be spoken\n  " + reason[0])
    assert narrated("status").out.splitlines()[0].startswith("speak   s1    " + reason[0])


def test_several_fields_are_all_named(narrated: Narrate) -> None:
    change(narrated, 0, seed=5, text="Other words.")
    said = narrated("why", "s1").out
    assert "seed: none → 5" in said
    assert "text: “The first line.” → “Other words.”" in said


def test_a_transcript_is_shown_and_not_its_digest(narrated: Narrate) -> None:
    narrated.write("me.txt", "What it says.\n")
    old = " ".join((VOICE / "ref.txt").read_text().split())
    assert reasons(narrated, "mine") == (
        "speak",
        [("the reference transcript", old, "What it says.")],
    )


def test_a_recording_of_a_voice_and_one_used_as_it_is_are_told_apart(narrated: Narrate) -> None:
    for name in ("me.wav", "take.wav"):
        samples, rate = soundfile.read(narrated.folder / name)
        soundfile.write(narrated.folder / name, samples[::-1], rate)
    assert [what for what, _, _ in reasons(narrated, "mine")[1]] == ["the reference recording"]
    assert [what for what, _, _ in reasons(narrated, "take")[1]] == ["the recording"]


def test_another_engine_is_named_with_its_model(tone: Narrate) -> None:
    tone.write("script.json", lines("The first line."))
    tone.run()
    state, found = reasons(tone, "s1", "--engine", "hibari")
    assert state == "speak"
    assert ("engine", "tone", "hibari") in found
    assert [old for what, old, _ in found if what == "model"] == ["sine"]


def test_what_is_new_or_renamed_is_said_to_be(narrated: Narrate) -> None:
    segments = [*SCRIPT["segments"], *lines("A new one.")]
    segments[-1]["id"], segments[1] = "new", {**segments[1], "id": "renamed"}
    narrated.write("script.json", SCRIPT | {"segments": segments})
    assert reasons(narrated, "new") == ("speak", [("a new segment", None, None)])
    assert reasons(narrated, "renamed") == ("cached", [("renamed: it was s2", None, None)])


def test_of_a_long_segment_only_the_utterance_that_changed_is_shown(tone: Narrate) -> None:
    text = "The first half. [pause:0.5s] The second half. [pause:0.5s] The third half."
    tone.write("script.json", lines(text))
    tone.run()
    tone.write("script.json", lines(text.replace("second", "other")))
    assert reasons(tone, "s1") == ("speak", [("text", "The second half.", "The other half.")])
    tone.write("script.json", lines(f"{text} [pause:0.5s] More."))
    assert reasons(tone, "s1") == ("speak", [("an utterance is new", "", "More.")])
    tone.write("script.json", lines("The third half. [pause:0.5s] The first half."))
    assert reasons(tone, "s1") == ("cached", [("an utterance is gone", "The second half.", "")])


def test_what_was_pruned_damaged_or_no_longer_passes_is_said_to_be(narrated: Narrate) -> None:
    keys = {segment["id"]: segment["cache_keys"][0] for segment in narrated.manifest["segments"]}
    paths = {id: narrated.cache / "v1" / key[:2] / f"{key}.wav" for id, key in keys.items()}
    paths["s1"].unlink()
    with paths["s2"].open("r+b") as file:
        file.truncate(1000)
    assert "pruned" in reasons(narrated, "s1")[1][0][0]
    assert "damaged" in reasons(narrated, "s2")[1][0][0]
    assert "damaged" in narrated("why", "s2").out


def test_a_clip_that_a_strict_run_would_not_take_says_why(tone: Narrate) -> None:
    tone.write("script.json", lines("A silent line. #silence"))
    assert tone("run", "--qa", "off").code == 0
    state, [(what, _, _)] = reasons(tone, "s1")
    assert state == "speak"
    assert what.startswith("its clip fails the checks: it is silent")


def test_before_the_first_run_everything_is_new(tone: Narrate) -> None:
    tone.write("script.json", lines("The first line."))
    assert reasons(tone, "s1") == ("speak", [("a new segment", None, None)])
    assert not tone.cache.exists()


def test_a_record_that_cannot_be_read_costs_only_the_memory(narrated: Narrate) -> None:
    for record in (b"", b"{", b"[]", b'{"requests": 3}', b'{"requests": {"s1": [3]}}'):
        (narrated.out / "run.json").write_bytes(record)
        assert narrated("why", "s1").code == 0
    shutil.rmtree(narrated.out)
    assert reasons(narrated, "s1")[0] == "cached"


def test_an_unknown_segment_is_an_error_that_helps(narrated: Narrate) -> None:
    ran = narrated("why", "mime")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean 'mine'?" in ran.err


def test_controls_in_old_and_new_values_are_shown_and_not_obeyed(tone: Narrate) -> None:
    tone.write("script.json", lines("Plain."))
    tone.run()
    tone.write("script.json", lines("Turned \u202eround \ue000.", reading="off"))
    for command in ("why", "status", "plan"):
        assert "\u202e" not in tone(command).out
        assert "\\ue000" in tone(command).out
