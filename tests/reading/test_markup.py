"""Tags, marks, directions and escapes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrate.reading import markup
from narrate.reading import utterances as spoken
from narrate.reading.passages import Passage
from narrate.reading.problems import Problem, Unreadable
from narrate.reading.utterances import Mark, Utterance
from narrate.reading.words import Reading


@pytest.mark.parametrize(
    "tag",
    [
        '<break time="1.5s"/>',
        "<break time='1500ms' />",
        '<BREAK TIME="1.5s">',
        '<break time="1.5s"></break>',
        "[pause:1.5s]",
    ],
)
def test_breaks_are_pauses(tag: str) -> None:
    result = spoken.read(f"First we look. {tag} Then we think.")
    assert result.utterances == (Utterance("First we look.", 0), Utterance("Then we think.", 1.5))
    assert result.display == "First we look. Then we think."


def test_a_bookmark_is_kept_and_not_said() -> None:
    result = spoken.read("We see <bookmark mark='A'/>the circle.")
    assert result.display == "We see the circle."
    assert result.utterances == (Utterance("We see the circle.", 0),)
    assert result.marks == (Mark("A", 0, at_end=False),)


def test_marks_stand_at_the_nearest_edge() -> None:
    result = spoken.read(
        "<bookmark mark='a'/>One two three <bookmark mark=\"b\"/> four. <bookmark mark='c'/>"
        "[pause:1s]<bookmark mark='d'/> Five.[pause:1s] <bookmark mark='e'/>"
    )
    assert [u.text for u in result.utterances] == ["One two three four.", "Five."]
    assert result.marks == (
        Mark("a", 0, at_end=False),
        Mark("b", 0, at_end=True),
        Mark("c", 0, at_end=True),
        Mark("d", 1, at_end=False),
        Mark("e", 1, at_end=True),
    )


def test_a_mark_in_a_long_text_stands_at_a_cut() -> None:
    sentence = "This is a sentence of a long text. "
    result = spoken.read(sentence * 10 + "<bookmark mark='x'/>" + sentence * 10)
    [mark] = result.marks
    assert len(result.utterances) == 2
    assert (mark.utterance, mark.at_end) == (0, True)


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("We <emphasis>think</emphasis>.", "the tag '<emphasis>'", "\\<"),
        ("We <emphasis>think</emphasis>.", "the tag '<emphasis>'", "use <break>, <mark>, <book"),
        ("End.</p>", "the tag '</p>'", "remove it"),
        ('<prosody rate="slow">x', "<prosody", "remove it"),
        ("<speak>x</speak>", "<speak>", "remove it"),
        ("<mark>x</mark>y", "malformed tag '<mark>'", '<mark name="x"/>'),
        ("<mark name=''/>y", "malformed tag", '<mark name="x"/>'),
        ("H<sub>2</sub>O", "malformed tag '<sub>'", '<sub alias="'),
        ('<sub alias="x"></sub>y', "malformed tag", "<sub alias="),
        ('<sub alias="x"> </sub>y', "malformed tag", "<sub alias="),
        ('<sub alias="x">y<break time="1s"/></sub>', "malformed tag", "<sub alias="),
        ('<sub alias="x">y[pause:1s]</sub>', "malformed tag", "<sub alias="),
        ('<sub alias="[pause:1s] x">y</sub>', "has markup in it", "only the words"),
        ('<sub alias="x">y', "malformed tag", "<sub alias="),
        ("<sub alias=x>y</sub>", "malformed tag", "<sub alias="),
        ('<sub alias="...">y</sub>', "the alias '...' has no word", "<sub alias="),
        ("a</sub>", "'</sub>' is not supported", "<sub alias="),
        ("<say-as>x</say-as>", "malformed tag '<say-as>'", "interpret-as="),
        ('<say-as interpret-as="verse">x</say-as>', "'verse'", "characters, cardinal"),
        ('<phoneme alphabet="x-sampa" ph="da">x</phoneme>', "'x-sampa'", "IPA"),
        ('<phoneme ph="/da/">x</phoneme>', "'/da/' are no phonemes", "without slashes"),
        ("<lang>x</lang>", "malformed tag '<lang>'", '<lang xml:lang="fr">'),
        ('<lang xml:lang="fr">x', "is not closed", '<lang xml:lang="fr">'),
        ("x</lang>", "without a tag before it", "remove it"),
        ("One<br>two", "<br>", '<break time="0.6s"/>'),
        ("One <!-- two -->", "comment", "remove it"),
        ('<break strength="medium"/>x', "malformed tag", '<break time="0.6s"/>'),
        ("<break/>x", "malformed tag", '<break time="0.6s"/>'),
        ("<break time='1h'/>x", "not a duration", "0.6s"),
        ("<bookmark name='x'/>x", "malformed tag", "<bookmark mark='x'/>"),
        ("A List <int> here", "<int>", "\\<"),
        ("Look [beat] there", "'[beat]'", "[pause:0.6s]"),
        ("[silence 2s] x", "'[silence 2s]'", "[pause:2s]"),
        ("[0-3s] x", "'[0-3s]'", "\\["),
        ("x [step] y", "'[step]'", "\\["),
        ("[MUSIC] y", "'[MUSIC]'", "\\["),
        ("[00:15] y", "'[00:15]'", "remove it; write \\["),
        ("x[beat] y", "'[beat]'", "[pause:0.6s]"),
        ("a [pause 2s] b", "malformed tag '[pause 2s]'", "[pause:2s]"),
        ("a [pause=2s] b", "malformed tag", "[pause:2s]"),
        ("a [pause] b", "malformed tag", "[pause:0.6s]"),
        ("a claim[^1] b", "footnote mark '[^1]'", "remove it"),
        ("a claim [12] b", "footnote mark '[12]'", "remove it"),
        ("![alt](x.png)", "a Markdown link", ".md"),
        ("see [here](x.md)", "a Markdown link", ".md"),
        ("[here](x.md)", "a Markdown link", ".md"),
        ("see [[page]]", "'[page]'", "\\["),
        ("a ~~b~~ c", "'~~b~~ c'", ".md"),
        ("a ==b== c", "'==b== c'", ".md"),
        ("a **b** c", "'**b** c'", ".md"),
        ("a *b* c", "'*b* c'", ".md"),
        ("a _b_ c", "'_b_ c'", ".md"),
        ("[Copyright 1894] x", "'[Copyright 1894]'", "[pause:0.6s]"),
        ("[wait 1500 ms] x", "'[wait 1500 ms]'", "[pause:1500ms]"),
        ("[music 1894] x", "'[music 1894]'", "[pause:0.6s]"),
        ("# Title", "'# Title'", ".md"),
        (":::note\nx", "':::note'", ".md"),
        ("{{< x >}}", "'{{< x >}}'", ".md"),
        ("{% x %}", "'{% x %}'", ".md"),
        ("+++\ntitle = 1\n+++", "'+++'", ".md"),
        ("---\ntitle: x\n---", "'---'", ".md"),
        ("```\nx\n```", "'```'", ".md"),
        ("> quoted", "'> quoted'", ".md"),
        ('One. {#ab say="x"}', "'{#ab say", ".md"),
    ],
)
def test_other_markup_is_named(text: str, what: str, hint: str) -> None:
    with pytest.raises(Unreadable) as caught:
        spoken.read(text)
    problem = caught.value.problems[0]
    assert what in problem.what
    assert hint in problem.hint
    assert len(problem.what) < 120


@pytest.mark.parametrize(
    "text", ["Look [beat] there", "We <b>think</b> so", "a **b** c", "a [1] b"]
)
def test_a_lenient_reader_speaks_it_with_a_warning(text: str) -> None:
    result = spoken.read(text, lenient=True)
    assert result.display == text
    assert result.warnings
    assert all("it is spoken as it is written" in warning for warning in result.warnings)


def test_a_malformed_tag_is_shown_as_it_is_written() -> None:
    with pytest.raises(Unreadable) as caught:
        spoken.read("a [pause 2s] b")
    assert caught.value.problems[0].what == "malformed tag '[pause 2s]'"


def test_malformed_tags_are_errors_even_then() -> None:
    with pytest.raises(Unreadable, match="malformed"):
        spoken.read("a [pause 2s] b", lenient=True)


def test_all_problems_are_found() -> None:
    with pytest.raises(Unreadable) as caught:
        spoken.read("<b>a</b> [beat] [pause]")
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    "text",
    [
        '<say-as interpret-as="verse">x</say-as>',
        '<sub alias="x"><mark name="q"/>y</sub>',
        "<Speak>x</speak>",
    ],
)
def test_the_end_of_a_tag_that_was_refused_is_no_second_problem(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        spoken.read(text)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    "text",
    [
        "a < b and x<y and y>z, so x <3 -> y",
        "5 * 3 * 2 and a ** b ** c, f(*args, **kwargs)",
        "snake_case, __init__, ___, a_1 and b_2, https://a.org/_b_/",
        "C# is #1, $5, 50%, {x} and ~5 km, a == b == c",
        "A[i][j], f(x)[0], the intervals [0, 1] and [a, b), [−1; ∞], rank [A|b]",
        "[[cos θ, -sin θ], [x y, 1]]",
        "Vec<T>, std::shared_ptr<int> and HashMap<String, i32>",
        "[f(x+h) − f(x)]/h, [H⁺] and [H+], [h_{t−1}, x_t], [1, 5) or (0, 10], [aᵢⱼ]",
        "1 - 2 --- 3, a ~ b, 2**3**4",
        "[] and [ ] and [?]",
        "$x_{[a]} < y$ and $$\\text{<b>[c]</b>}$$ and \\([x] <y>\\)",
        "It's 5:30; see https://example.org/a?b=c",
    ],
)
def test_prose_code_and_mathematics_are_words(text: str) -> None:
    result = spoken.read(text)
    assert result.display == text
    assert [each.text for each in result.utterances] == [text]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\[beat] and \<b>", "[beat] and <b>"),
        (r"\$5 and \$6", "$5 and $6"),
        (r"\**bold\**, \# one", "**bold**, # one"),
        (r"\[beat\], \<b\>, \{x\} and \_y\_", "[beat], <b>, {x} and _y_"),
        (r"C:\temp and \n", r"C:\temp and \n"),
    ],
)
def test_escapes_show_nowhere(text: str, plain: str) -> None:
    result = spoken.read(text)
    assert result.display == plain == spoken.plain(text)
    assert [each.text for each in result.utterances] == [plain]


class Noting:
    """Notes the passages of a text that may turn to French, and reads its second character."""

    def __init__(self) -> None:
        self.seen: list[Passage] = []

    def __call__(self, line: str, passages: Sequence[Passage], language: str, /) -> list[Reading]:
        self.seen += passages
        return [Reading(1, 2, f"x{language}", "r")] if line[1:2].isdecimal() else []

    def speaks(self, language: str, /) -> str | None:
        return {"fr": "french", "fr-FR": "french", "en": ""}.get(language)


signs = st.text(st.sampled_from("[]<>/\\*_~={}#:!`^+-ab1 $'\"\n"), max_size=60)


@given(signs | st.text(max_size=60))
def test_escaped_text_is_read_as_it_is(text: str) -> None:
    assert [run.text for run in markup.parse(markup.escape(text)).runs] == [text]


@given(signs)
def test_every_text_is_read_or_refused_with_a_hint(text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        spoken.read(text)
    except Unreadable as error:
        problems = error.problems
    assert all(each.what and each.hint for each in problems)


@given(
    st.lists(
        st.sampled_from(["one", "two", "[pause:1s]", "<break time='1s'/>", "<bookmark mark='x'/>"])
    )
)
def test_no_word_is_lost_among_tags(parts: list[str]) -> None:
    words = [part for part in parts if part in ("one", "two")]
    result = spoken.read(" ".join(parts))
    assert result.display.split() == words
    assert " ".join(each.text for each in result.utterances).split() == words
    pauses = sum(each.pause_before for each in result.utterances) + (result.pause_after or 0)
    assert pauses == len([part for part in parts if "pause" in part or "break" in part])


@pytest.mark.parametrize(
    "text",
    ["* * *", "***", "-----", "- - -", "⁂", "• • •", "~ ~ ~", "§", "———", " # ", "=====", "___"],
)
def test_a_scene_break_is_silence(text: str) -> None:
    result = spoken.read(text)
    assert (result.display, result.utterances, result.pause_after) == ("", (), 1.0)
    assert "scene break" in result.warnings[0]


@pytest.mark.parametrize("text", ["...", "—", "!!!", "\u200b", "“”"])
def test_signs_alone_are_no_utterance(text: str) -> None:
    assert spoken.read(text).utterances == ()


def test_signs_between_pauses_are_no_utterance() -> None:
    result = spoken.read("Hello. [pause:1s] ... [pause:1s] World")
    assert result.utterances == (Utterance("Hello.", 0), Utterance("World", 2))
    assert result.display == "Hello. ... World"


def test_hostile_runs_take_linear_time() -> None:
    units = (
        "\\(",
        "$",
        "$$",
        "<a ",
        "<!",
        "**a",
        "*a",
        "~~",
        "~~a",
        "==a",
        "[a",
        "{{",
        "{#a",
        "<a b='c' ",
    )
    more = (
        "# ",
        "<break ",
        "<bookmark mark='",
        "\u200b",
        "\u200d",
        "e\u0301",
        "• ",
        "* ",
        "\\[",
        "<",
    )
    before = time.process_time()
    for unit in units + more:
        text = unit * (40_000 // len(unit))
        spoken.read(markup.escape(text))
        with suppress(Unreadable):
            spoken.read(text)
    with suppress(Unreadable):
        spoken.read(f"<sub{' ' * 40_000}!>x</sub>")
    assert time.process_time() - before < 20


@pytest.mark.parametrize(
    ("text", "display", "passage"),
    [
        ("Call `np.einsum` now.", "Call np.einsum now.", Passage(5, 14, "code")),
        ("Call ``a`b`` now.", "Call a`b now.", Passage(5, 8, "code")),
        ("Call `` `ls` `` now.", "Call `ls` now.", Passage(5, 9, "code")),
        (r"It is `\[beat\] <b> $x$`.", r"It is \[beat\] <b> $x$.", Passage(6, 22, "code")),
        ("So  $x <b> `a`$ it is.", "So $x <b> `a`$ it is.", Passage(3, 14, "formula")),
        (
            'The <sub alias="World &amp; Web">WWW</sub>.',
            "The WWW.",
            Passage(4, 7, "sub", "World & Web"),
        ),
        (
            "The <SAY-AS interpret-as='characters' > SQL </SAY-AS>!",
            "The SQL !",
            Passage(4, 7, "say-as", "characters"),
        ),
        (
            "<say-as interpret-as='date' format='mdy'>10/11/2026</say-as>",
            "10/11/2026",
            Passage(0, 10, "say-as", "date mdy"),
        ),
        (
            '[pause:1s]<phoneme alphabet="ipa" ph="ˈdeɪtə">.data</phoneme>',
            ".data",
            Passage(0, 5, "phoneme", "ˈdeɪtə"),
        ),
    ],
)
def test_passages_have_their_places(text: str, display: str, passage: Passage) -> None:
    reader = Noting()
    assert spoken.read(text, reader=reader).display == display == spoken.plain(text)
    assert reader.seen == [passage]


@pytest.mark.parametrize("text", ["It`s o`clock", r"a \`b\` c", "``a` b", "`a\nb`", "```a``"])
def test_backticks_that_are_not_closed_are_signs(text: str) -> None:
    assert spoken.plain(text) == text.replace("\\", "").replace("\n", " ")


def test_code_of_nothing_but_spaces_is_a_space() -> None:
    assert spoken.plain("Press ` ` or `  ` now") == "Press or now"


def test_an_accent_on_a_passage_is_a_problem() -> None:
    for text in ("`e`\u0301 x", "e<sub alias='y'>\u0301x</sub>"):
        with pytest.raises(Unreadable, match="an accent stands alone"):
            spoken.read(text)


def test_a_language_of_its_own_is_an_utterance_without_a_pause() -> None:
    result = spoken.read(
        'We say <lang xml:lang="fr">bonjour</lang>, then go[pause:1s].'
        '<lang xml:lang="de">Ja</lang>',
        reader=Noting(),
    )
    assert result.utterances == (
        Utterance("We say", 0),
        Utterance("bonjour,", 0, language="french"),
        Utterance("then go.", 0),
        Utterance("Ja", 1),
    )
    assert result.display == "We say bonjour, then go. Ja"


def test_a_language_of_nothing_leaves_the_space_before_it() -> None:
    text = "a <lang xml:lang='fr'></lang>b<lang xml:lang='fr'></lang>c"
    assert spoken.read(text, reader=Noting()).display == spoken.plain(text) == "a bc"


def test_languages_may_stand_in_each_other_and_around_pauses() -> None:
    result = spoken.read(
        "中文<lang xml:lang='fr-FR'>un [pause:1s] deux <lang xml:lang='en'>three</lang> </lang>中",
        reader=Noting(),
    )
    assert [(each.text, each.language) for each in result.utterances] == [
        ("中文", ""),
        ("un", "french"),
        ("deux", "french"),
        ("three", ""),
        ("中", ""),
    ]
    assert result.display == "中文un deux three 中"


def test_readings_stand_in_the_display_across_languages() -> None:
    result = spoken.read(
        "a1<lang xml:lang='fr'>b2</lang>[pause:1s] c3",
        reader=Noting(),
    )
    assert result.display == "a1b2 c3"
    assert [result.display[each.start : each.end] for each in result.readings] == ["1", "2", "3"]
    assert [each.text for each in result.utterances] == ["a x", "b xfrench", "c x"]
