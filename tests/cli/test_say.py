"""`narrate say`: one line, explained or spoken."""

from __future__ import annotations

from support.project import Narrate, lines


def test_it_explains_what_a_text_says(tone: Narrate) -> None:
    said = tone("say", "C_ij = sum(A_ik * B_kj)", "--explain")
    spoken = "C I J equals the sum of A I K times B K J"
    assert said.out.splitlines() == [
        spoken,
        f"  C_ij = sum(A_ik * B_kj) → {spoken} (mathematics)",
    ]
    found = tone("say", "x in v3.12", "--explain", "--json").json
    assert (found["text"], found["spoken"]) == ("x in v3.12", "x in version three point twelve")
    assert found["words"] == [
        {
            "start": 5,
            "end": 10,
            "written": "v3.12",
            "spoken": "version three point twelve",
            "rule": "versions",
        }
    ]
    assert tone.clips == []


def test_it_explains_a_segment_of_the_script_here(tone: Narrate) -> None:
    tone.write("script.json", lines("The first line.", "It is v3.12."))
    assert tone("say", "s2", "--explain").out.startswith("It is version three point twelve.\n")


def test_it_speaks_into_a_new_file(tone: Narrate) -> None:
    said = tone("say", "It is v3.12.", "-o", "line.flac")
    assert (said.code, said.out) == (0, "line.flac\n")
    assert (tone.folder / "line.flac").read_bytes().startswith(b"fLaC")
    again = tone("say", "It is v3.12.", "-o", "line.flac")
    assert (again.code, "it exists" in again.err) == (2, True)
    assert tone("say", "It.", "-o", "line.txt").code == 2


def test_what_cannot_be_said_is_an_error(tone: Narrate) -> None:
    said = tone("say", r"Bad $\foo$.", "--explain")
    assert said.code == 2
    assert r"TEXT: 'Bad $\foo$.' cannot be read aloud" in said.err
    assert "no voice 'x'" in tone("say", "Hi.", "--explain", "--voice", "x").err
    assert "--explain only" in tone("say", "Hi.", "--json").err
