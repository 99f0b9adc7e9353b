"""Formulas said as a teacher says them: TeX in, words out."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrate.reading.mathematics import Style, find, speak
from narrate.reading.words import Unreadable

FORMULAS = Path(__file__).with_name("formulas.tsv")
SPOKEN = re.compile(r"[A-Za-zÀ-ɏ]+(?:['-][A-Za-z]+)*(?:,? [A-Za-zÀ-ɏ]+(?:['-][A-Za-z]+)*)*")
# Characters that are layout or a pause in TeX, so that no word stands for them.
SILENT = frozenset("&,.;\\_~")


def _rows() -> list[dict[str, str]]:
    with FORMULAS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _refused(tex: str, style: Style = "teacher") -> tuple[str, Unreadable | None]:
    """What is said, or the error."""
    try:
        return speak(tex, style), None
    except Unreadable as error:
        return "", error


def test_formulas_are_said_in_both_styles() -> None:
    rows = _rows()
    said = [(row["tex"], speak(row["tex"]), speak(row["tex"], "exact")) for row in rows]
    assert said == [(row["tex"], row["teacher"], row["exact"]) for row in rows]
    assert len(rows) > 186


def test_only_words_and_pauses_are_said() -> None:
    for row in _rows():
        for words in (row["teacher"], row["exact"]):
            assert SPOKEN.fullmatch(words), (row["tex"], words)


@pytest.mark.parametrize(
    ("tex", "what", "place"),
    [
        (r"x + \foo", r"unsupported command: \foo", r"\foo"),
        (r"\frac{1}", "missing argument", "}"),
        ("x^", "missing argument", "^"),
        (r"\left( x", r"\left without \right", r"\left"),
        ("(x + y", "'(' is not closed", "("),
        ("x + y)", "')' closes a bracket that was not opened", ")"),
        (r"(x + \{y)", "'{' is not closed before ')'", ")"),
        (r"\begin{foo} x \end{foo}", "unsupported environment: foo", r"\begin"),
        ("x + 漢", "漢", "漢"),
        (r"a \beth b", "no words for the sign 'ℶ'", r"\beth"),
        (r"a \bowtie b", "no words for the sign '⋈'", r"\bowtie"),
        (r"\text{50 § a}", "no words for the character '§'", "§"),
        ("x $ y", "a '$' stands inside the formula", "$"),
        (r"\def\x{y} \x", r"\def defines a macro, which narrate does not read", r"\def"),
        ("x²³ + ☃", "☃", "☃"),
        ("()", "the brackets are empty", "("),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(tex: str, what: str, place: str) -> None:
    with pytest.raises(Unreadable) as caught:
        speak(tex)
    error = caught.value
    assert what in error.what
    assert tex[error.start : error.end] == place
    assert error.hint


@pytest.mark.parametrize("tex", ["", " ", "{}", r"\,", r"\phantom{x}"])
def test_an_empty_formula_is_an_error(tex: str) -> None:
    with pytest.raises(Unreadable, match="empty"):
        speak(tex)


@pytest.mark.parametrize("opening", ["{", "(", r"\frac{1}{", r"\sqrt{", "x^{", r"\left(", "f("])
def test_deep_nesting_is_an_error_of_ours(opening: str) -> None:
    closing = "}" if opening.endswith("{") else ")"
    closing = rf"\right{closing}" if "left" in opening else closing
    for depth in (5, 60, 200, 1200):
        error = _refused(opening * depth + "x" + closing * depth)[1]
        assert error is None or "nest" in error.what or "characters" in error.what


def test_a_very_long_formula_is_refused_at_once() -> None:
    with pytest.raises(Unreadable, match=r"1,000,000 characters, more than 4,000"):
        speak("(" * 1_000_000)


@pytest.mark.parametrize("style", ["teacher", "exact"])
def test_no_character_is_lost_in_silence(style: Style) -> None:
    """Each character has a word, is layout, or is an error that names its place."""
    for code in range(33, 0x3000):
        char = chr(code)
        if unicodedata.category(char)[0] in "CZ" or char in SILENT:
            continue
        said, error = _refused(f"x {char} y", style)
        words = said.replace(",", "").split()
        if error is not None:
            assert 0 <= error.start < error.end <= 5, (char, error)
        else:
            assert words != ["x", "y"], char
            assert {"x", "y"} <= set(words), (char, said)


# Commands that change the look, the size or the place of what they hold, and say nothing.
LOOKS = (
    "mathbf mathrm mathit mathsf mathtt mathcal mathfrak mathscr mathnormal boldsymbol bm text "
    "textbf textit textrm mbox displaystyle textstyle scriptstyle limits nolimits boxed fbox quad "
    "qquad nonumber notag"
)
SIGNS = (
    "alpha Omega times cdot div pm mp ast star circ bullet oplus otimes odot wedge vee cap cup "
    "setminus leq geq neq equiv approx cong sim simeq propto ll gg prec succ subset subseteq "
    "supset supseteq in ni notin perp parallel mid to gets mapsto implies iff Rightarrow "
    "hookrightarrow forall exists nexists neg partial nabla infty emptyset ell hbar aleph Re Im "
    "angle triangle ldots cdots vdots ddots prime dagger sum prod int oint iint bigcup bigcap "
    "bigoplus sin cos tan log ln exp det lim max min sup inf gcd arg dim ker deg Pr hat bar vec "
    "dot ddot tilde overline underline widehat sqrt"
)


@pytest.mark.parametrize("style", ["teacher", "exact"])
def test_no_command_is_lost_in_silence(style: Style) -> None:
    for command in SIGNS.split():
        words = speak(rf"x \{command} y", style).replace(",", "").split()
        assert len(words) > 2, (command, words)
    for command in LOOKS.split():
        words = speak(rf"x \{command} {{y}}", style).replace(",", "").split()
        assert (words[0], words[-1]) == ("x", "y"), (command, words)


_SHAPES = (
    (r"{0} + {1}", 2),
    (r"{0} = {1}", 2),
    (r"\left({0}\right) \left({1}\right)", 2),
    (r"\frac{{{0}}}{{{1}}}", 2),
    (r"\sqrt{{{0}}}", 1),
    (r"\left({0}\right)^{{{1}}}", 2),
    (r"z_{{{0}}}", 1),
    (r"\left|{0}\right|", 1),
    (r"\hat{{{0}}}", 1),
    (r"\sum_{{{0}}}^{{{1}}} {2}", 3),
    (r"\begin{{pmatrix}} {0} & {1} \\ {2} & {3} \end{{pmatrix}}", 4),
)


@st.composite
def _formulas(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.booleans()):
        return "?"
    shape, count = draw(st.sampled_from(_SHAPES))
    return shape.format(*(draw(_formulas(depth - 1)) for _ in range(count)))


def _lettered(shape: str) -> tuple[str, list[str]]:
    """The formula with a name of its own in each place, and the words of these names."""
    count = shape.count("?")
    names = [f"{letter}_{{{digit}}}" for digit in "123456789" for letter in "bcghklmnpqrsuvwxy"]
    for name in names[:count]:
        shape = shape.replace("?", name, 1)
    digits = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return shape, [f"{name[0]} sub {digits[int(name[3]) - 1]}" for name in names[:count]]


@settings(deadline=None, max_examples=150)
@given(_formulas())
def test_every_name_is_said_in_order(shape: str) -> None:
    tex, names = _lettered(shape)
    said = speak(tex, "exact")
    places = [said.find(name) for name in names]
    assert -1 not in places
    if "sum" not in tex:
        assert places == sorted(places)
    assert all(name.replace(" sub ", " ") in speak(tex) for name in names)


@settings(deadline=None, max_examples=150)
@given(_formulas(), _formulas())
def test_grouping_is_heard_in_the_exact_style(one: str, other: str) -> None:
    """Two formulas that differ are said differently, pauses aside."""
    texts = {_lettered(shape)[0] for shape in (one, other)}
    said = {speak(tex, "exact").replace(",", "") for tex in texts}
    assert len(said) == len(texts)


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet=r"\{}()[]|^_&$,.;'!=+-*/<>abdfixACEP0123 %#~αΣ∑√²ᵢ∈", max_size=40))
def test_any_text_is_said_or_refused(tex: str) -> None:
    styles: tuple[Style, ...] = ("teacher", "exact")
    for style in styles:
        said, error = _refused(tex, style)
        if error is not None:
            assert 0 <= error.start <= error.end <= len(tex)
        else:
            assert SPOKEN.fullmatch(said), said


def test_tex_in_a_text_is_found_with_its_place() -> None:
    text = r"So $x^2$, $$\frac12$$ and \(A^T\) cost $5 or $6."
    found = [(text[r.start : r.end], r.spoken, r.rule) for r in find(text)]
    assert found == [
        ("$x^2$", "x squared", "mathematics"),
        (r"$$\frac12$$", "one half", "mathematics"),
        (r"\(A^T\)", "A transpose", "mathematics"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A vector $v \\in \\mathbb{R}^n$ has", "v in R n"),
        ("For all $\\epsilon > 0$ there", "epsilon greater than zero"),
        ("for every integer $n \\geq 1$ it", "n greater than or equal to one"),
        ("for $0 \\leq t \\leq 1$", "t from zero to one"),
        ("For an inequality $a < b$ we", "A is less than b"),
        ("If $x > 0$ then", "x is greater than zero"),
        ("Let $f(x) = 1$", "f of x equal one"),
        ("Let $x > 0$", "x be greater than zero"),
        ("it is $\\approx 3$", "approximately three"),
        ("values $\\geq 10$ are", "greater than or equal to ten"),
        ("if n $\\geq 10$ it", "is greater than or equal to ten"),
        ("an $m \\times n$ matrix", "m by n"),
        ("it has $m \\times n$ entries", "m times n"),
        ("a size of $m \\times n$", "m by n"),
        ("the matrix is $n \\times n$", "n by n"),
        ("The partial derivative $\\frac{\\partial f}{\\partial x}$", "of f with respect to x"),
        ("the limit $\\lim_{x \\to 0} x$", "as x goes to zero of x"),
        ("the norm $\\|x\\|$", "of x"),
        ("the value $\\|x\\|$", "the norm of x"),
    ],
)
def test_a_formula_is_said_as_its_sentence_needs_it(text: str, said: str) -> None:
    assert [reading.spoken for reading in find(text)] == [said]


def test_an_error_in_a_text_has_the_place_in_the_text() -> None:
    text = r"Here is $x + \foo$ to read"
    with pytest.raises(Unreadable) as caught:
        list(find(text))
    assert text[caught.value.start : caught.value.end] == r"\foo"


def test_importing_takes_neither_the_parser_nor_the_numbers() -> None:
    script = (
        "import sys; from narrate.reading import mathematics as m; list(m.find('plain prose'));"
        "print(sorted({'mathra', 'num2words'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
