"""A text is read: code before mathematics, mathematics before the rules, and prose not at all."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrate.base.spelling import Spelling
from narrate.reading import lexicon
from narrate.reading import utterances as spoken
from narrate.reading.problems import Unreadable
from narrate.reading.reader import Reader, may_be_notation
from narrate.reading.words import Reading, spelled

HERE = Path(__file__).parent
NOTATION = (HERE / "rules" / "notation.tsv").read_text(encoding="utf-8").splitlines()
PROSE = (HERE / "rules" / "prose.txt").read_text(encoding="utf-8").splitlines()


READER = Reader()


def said(text: str, reader: Reader = READER) -> str:
    return " ".join(part.text for part in spoken.read(text, reader=reader).utterances)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "Add `$HOME/.cargo/bin:$PATH`.",
            "Add dollar home slash dot cargo slash bin colon dollar path.",
        ),
        ("So `a + b` is $a + b$.", "So A plus b is A plus b."),
        (r"It costs \$5, not $x$.", "It costs five dollars, not x."),
        ("Use v3.12. Then $x^2$.", "Use version three point twelve. Then x squared."),
        ("C_ij = sum(A_ik * B_kj)", "C I J equals the sum of A I K times B K J"),
        ("A force of 3 N·m", "A force of three newton meters"),
        (
            "It weighs 1.67×10⁻²⁷ kg.",
            "It weighs one point six seven times ten to the minus twenty-seven kilograms.",
        ),
        ("an m×n matrix", "an m by n matrix"),
    ],
)
def test_code_then_mathematics_then_rules(written: str, expected: str) -> None:
    assert said(written) == expected


@pytest.mark.parametrize("line", NOTATION)
def test_whatever_the_rules_read_may_be_notation(line: str) -> None:
    assert may_be_notation(line.split("\t")[0], "en")


@pytest.mark.parametrize("sentence", PROSE)
def test_prose_is_said_as_it_is_written(sentence: str) -> None:
    assert Reader()(sentence) == []


def test_most_prose_needs_no_rules() -> None:
    assert sum(may_be_notation(sentence, "en") for sentence in PROSE) < len(PROSE) / 5


def test_prose_does_not_import_the_rules() -> None:
    program = """
import sys
from narrate.reading.reader import Reader
Reader()("The rows are multiplied by the columns, one by one.")
print(*(name for name in sys.modules if "rules" in name or "mathra" in name))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not done.stdout.strip()


def test_a_thousand_segments_take_a_moment() -> None:
    Reader()("$x$ and 3 kg")
    texts = [f"{sentence} It is said as it is written." for sentence in PROSE]
    start = time.process_time()
    for number in range(1000):
        spoken.read(texts[number % len(texts)], reader=READER)
    assert time.process_time() - start < 1


def test_a_reader_does_only_what_it_should() -> None:
    text = "3 of $x^2$"
    assert said(text, Reader(mode="off")) == text
    assert said(text, Reader(mode="engine")) == "3 of x squared"
    assert said("3 Punkte", Reader("de")) == "drei Punkte"
    assert said("3 pisteitä", Reader("fi")) == "3 pisteitä"


def test_say_is_said_as_it_is() -> None:
    say = "x 2 [pause:1s] <sub alias='version three'>v3</sub>"
    result = spoken.read("$x^2$", say, reader=Reader(mode="off"))
    assert [part.text for part in result.utterances] == ["x 2", "version three"]
    assert result.readings == ()


def test_readings_have_their_places_in_what_is_displayed() -> None:
    result = spoken.read("So  $x^2$\n[pause:1s] and\t v3.12.", reader=READER)
    assert result.display == "So $x^2$ and v3.12."
    assert [result.display[each.start : each.end] for each in result.readings] == ["$x^2$", "v3.12"]
    assert [part.shown for part in result.utterances] == ["So $x^2$", "and v3.12."]


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(Unreadable) as error:
        spoken.read(r"$\foo$ then [pause:1s] $\baz$ and" + " \ufffc.", reader=READER)
    assert len(error.value.problems) == 3
    assert all("cannot be read aloud" in problem.what for problem in error.value.problems)


def test_a_formula_in_another_language_is_a_problem() -> None:
    with pytest.raises(Unreadable, match="in English only"):
        said("Es gilt $x^2$.", Reader("de"))


def test_an_utterance_is_cut_by_what_is_said_and_not_inside_a_formula() -> None:
    formula = "$x^2 + y^2 = z^2$"
    result = spoken.read(f"{formula}, " * 40, reader=READER)
    assert len(result.utterances) > 3
    for part in result.utterances:
        assert len(part.text) <= 350
        assert set(part.shown.replace(formula, "")) <= set(", ")


def test_a_long_formula_is_said_in_several_utterances() -> None:
    formula = "$" + "+".join(["x^2"] * 60) + "$"
    result = spoken.read(f"Look: {formula}", reader=READER)
    assert "".join(part.shown for part in result.utterances) == f"Look:{formula}"
    assert all(0 < len(part.text) <= 350 for part in result.utterances)
    assert sum(part.text.count("squared") for part in result.utterances) == 60


def test_an_engine_gets_its_own_spelling_of_letters() -> None:
    result = spoken.read("A matrix A and $A_a$, not A's.", reader=READER)
    assert result.utterances[0].spelled(Spelling({"A": "[A](/ˈA/)"})) == (
        "A matrix [A](/ˈA/) and [A](/ˈA/) [A](/ˈA/), not A's."
    )
    assert result.utterances[0].text == "A matrix A and A A, not A's."
    word = [Reading(0, 1, "CAB A", "x")]
    assert spelled("x", word, Spelling({"A": "ay"})) == "CAB ay"


def test_an_engine_gets_phonemes_for_words_that_it_says_wrongly() -> None:
    spelling = Spelling(
        {"A": "ay"}, "[{spoken}](/{phonemes}/)", words={"euler": "X", "euler's": "Y"}
    )
    result = spoken.read("Euler’s A + `euler.a`, Eulerian; Euler.", reader=READER)
    assert result.utterances[0].spelled(spelling) == (
        "[Euler’s](/Y/) ay plus [euler](/X/) dot ay, Eulerian; [Euler](/X/)."
    )


SIGNS = "aAbIx $`\\()^_{}.,-–=+*/≥√é日\ufffc|<>%#&@~:;'😀\u0301\n"
WORDS = ("10", "kg", "$x^2$", "`a`", "C_ij", "v1.2", "Dr.", "[pause:1s]")


@given(st.lists(st.sampled_from([*SIGNS, *WORDS]), max_size=16).map("".join))
def test_readings_are_in_order_and_what_is_written_stays(text: str) -> None:
    try:
        result = spoken.read(text, reader=READER, lenient=True)
    except Unreadable:
        return
    end = 0
    for reading in result.readings:
        assert end <= reading.start < reading.end <= len(result.display)
        assert reading.spoken.strip()
        end = reading.end
    assert result.display == spoken.read(text, lenient=True).display
    assert all(0 < len(part.text) <= 350 for part in result.utterances)


TAGS = {
    "The <sub alias='World Wide Web'>WWW</sub> of 3.": "The World Wide Web of three.",
    "It is <say-as interpret-as='characters'>sql</say-as>.": "It is S Q L.",
    "<say-as interpret-as='spell-out'>C++, 7_a</say-as>": "C plus plus comma seven underscore A",
    "<say-as interpret-as='cardinal'>-1,204.5</say-as>": (
        "minus one thousand two hundred four point five"
    ),
    "Room <say-as interpret-as='cardinal'>1905</say-as>": "Room one thousand nine hundred five",
    "The <say-as interpret-as='ordinal'>3</say-as>": "The third",
    "<say-as interpret-as='date' format='dmy'>10/11/2026</say-as>": (
        "November tenth, twenty twenty-six"
    ),
    "<say-as interpret-as='date' format='my'>11.2026</say-as>": "November twenty twenty-six",
    "<say-as interpret-as='date'>2026-11-10</say-as>": "November tenth, twenty twenty-six",
    "<say-as interpret-as='time'>5:30 pm</say-as>": "five thirty P M",
    "<say-as interpret-as='telephone'>+1 (555) 0142</say-as>": (
        "plus one, five five five, zero one four two"
    ),
    "<phoneme ph='ˈdeɪtə'>data</phoneme> 5": "data five",
    "`a = 1` is <sub alias='x'>`a = 1`</sub>": "A equals one is x",
}


@pytest.mark.parametrize(("written", "expected"), TAGS.items())
def test_tags_say_how_their_words_are_said(written: str, expected: str) -> None:
    assert said(written) == expected


def test_phonemes_of_a_tag_reach_an_engine_that_takes_them() -> None:
    result = spoken.read("The <phoneme ph='ˈdeɪtə'>data</phoneme>.", reader=READER)
    spelling = Spelling(phonemes="[{spoken}](/{phonemes}/)", ipa={"eɪ": "A"})
    assert result.utterances[0].spelled(spelling) == "The [data](/ˈdAtə/)."
    assert result.utterances[0].spelled(Spelling()) == "The data."


def test_tags_are_read_whatever_the_mode_and_the_language() -> None:
    tag = "<sub alias='x'>y</sub> <say-as interpret-as='cardinal'>5</say-as> $z$ 3"
    assert said(tag, Reader(mode="off")) == "x five $z$ 3"
    assert said(tag.replace(" $z$", ""), Reader("de")) == "x fünf drei"
    spelled = "<say-as interpret-as='characters'>a1</say-as>"
    assert said(spelled, Reader("de")) == "a eins"


@pytest.mark.parametrize(
    ("how", "words"),
    [("cardinal", "x"), ("ordinal", "1st place"), ("date", "soon"), ("time", "noonish")],
)
def test_words_that_are_not_what_their_tag_says_are_a_problem(how: str, words: str) -> None:
    with pytest.raises(Unreadable, match=f"'{words}' cannot be said as {how}"):
        said(f"<say-as interpret-as='{how}'>{words}</say-as>")


def test_code_is_no_mathematics_and_no_lexicon_but_as_a_whole() -> None:
    reader = Reader(lexicon=lexicon.parse({"x": "ex", "np.dot": "dot product"}))
    assert said("`x = y_1` and `np.dot`, x", reader) == "x equals y one and dot product, ex"


def test_an_exact_reading_says_the_ends_of_fractions() -> None:
    formula = r"$\frac{a}{b+c}$"
    assert said(formula, Reader(style="exact")) != said(formula)
    assert "end fraction" in said(formula, Reader(style="exact"))


def test_a_language_has_its_own_numbers() -> None:
    result = spoken.read(
        "3 and <lang xml:lang='de'>3</lang>", reader=Reader(languages=("en", "de"))
    )
    assert [each.text for each in result.utterances] == ["three and", "drei"]
