"""Markdown as people have it: what is spoken, what is left out, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from narrate import script
from narrate.errors import ScriptError, ScriptErrors
from narrate.script import ReadOptions, Script
from narrate.script.formats.markdown.paragraphs import Reader
from narrate.script.formats.markdown.report import Report


def load(folder: Path, text: str, options: ReadOptions | None = None) -> Script:
    path = folder / "a.md"
    path.write_text(text)
    return script.load(path, options or ReadOptions())


def texts(loaded: Script) -> list[str]:
    return [" ".join(segment.text.split()) for segment in loaded.segments]


def left_out(loaded: Script) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in loaded.omissions]


def written(text: str, **options: Any) -> list[str]:
    """The texts of the paragraphs, as the rest of narrate gets them."""
    report = Report("a.md")
    found = [block.text for block in Reader(report, ReadOptions(**options)).blocks(text)]
    report.check()
    return found


def problems(text: str) -> list[str]:
    """Everything that is wrong with a text, in order."""
    report = Report("a.md")
    list(Reader(report, ReadOptions()).blocks(text))
    return [str(problem) for problem in report.problems]


def refused(folder: Path, text: str) -> ScriptError:
    with pytest.raises(ScriptError) as caught:
        load(folder, text)
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("[Guest]: Yes.", [r"\[Guest]: Yes."]),
        ("[Guest]: No/never.", [r"\[Guest]: No/never."]),
        ("[A]: One.\n\n[A]: Two.", [r"\[A]: One.", r"\[A]: Two."]),
        ("[Host]: Why so?\n[Guest]: Yes.", [r"\[Host]: Why so? \[Guest]: Yes."]),
        ('[Guest]: "Yes."', [r'\[Guest]: "Yes."']),
        ("[pause:1s]: x", ["[pause:1s]: x"]),
        ("See [it].\n\n[it]: https://example.org", ["See it."]),
        ("See [the page][it].\n\n[it]: pages/it.md", ["See the page."]),
        ("See [IT][].\n\n[it]: <https://example.org> 'Title'", ["See IT."]),
        ("[x](yes) and [y](javascript:z)", ["x and y"]),
    ],
)
def test_lines_like_link_definitions(tmp_path: Path, text: str, spoken: list[str]) -> None:
    loaded = load(tmp_path, text)
    assert (texts(loaded), loaded.omissions) == (spoken, ())


def test_a_link_definition_that_nothing_uses_is_listed(tmp_path: Path) -> None:
    loaded = load(tmp_path, "One.\n\n[it]: https://example.org 'Title'\n")
    assert left_out(loaded) == [("link definition", "[it]: https://example.org Title")]
    assert loaded.omissions[0].where == "a.md:3"


@pytest.mark.parametrize("rule", ["---", "-----", "-", "--", "***", "- - -"])
def test_a_rule_directly_under_text(tmp_path: Path, rule: str) -> None:
    loaded = load(tmp_path, f"Welcome.\n{rule}\nToday.\nAnd now.\n{rule}\nThe end.\n")
    assert texts(loaded) == ["Welcome.", "Today. And now.", "The end."]
    assert [segment.where for segment in loaded.segments] == ["a.md:1", "a.md:3", "a.md:6"]
    assert (loaded.scenes, loaded.title) == ((), None)


def test_an_underlined_heading_has_one_line(tmp_path: Path) -> None:
    loaded = load(tmp_path, "Title\n=====\n\nOne\nand two\n===\nThree\n")
    assert [scene.title for scene in loaded.scenes] == ["Title"]
    assert texts(loaded) == ["One and two", "Three"]


@pytest.mark.parametrize("indent", ["    ", "\t", "        "])
def test_indented_lines_are_spoken(tmp_path: Path, indent: str) -> None:
    body = f"## Poem\n\n{indent}Two rows went out,\n{indent}and came back.\n\nThe end.\n"
    loaded = load(tmp_path, body)
    assert texts(loaded) == ["Two rows went out, and came back.", "The end."]
    assert [segment.where for segment in loaded.segments] == ["a.md:3", "a.md:6"]
    assert loaded.omissions == ()


def test_headings_below_the_second_level(tmp_path: Path) -> None:
    body = "## Rows\n\nOne.\n\n### A *small* step {#small}\n\nTwo.\n\n###### Deep\n"
    skipped = load(tmp_path, body)
    assert texts(skipped) == ["One.", "Two."]
    assert left_out(skipped) == [("heading", "A small step"), ("heading", "Deep")]
    assert [each.where for each in skipped.omissions] == ["a.md:5", "a.md:9"]
    spoken = load(tmp_path, body, ReadOptions(headings="speak"))
    assert texts(spoken) == ["One.", "A small step", "Two.", "Deep"]
    assert spoken.segments[1].id == "rows/small"
    assert spoken.omissions == ()


@pytest.mark.parametrize(
    ("body", "title", "omissions"),
    [
        ("# Talk\n\n## One\n\nHi.", "Talk", []),
        ("# Talk\n\n## One\n\nHi.\n\n# Part two\n\n## Two\n\nHo.", "Talk", ["Part two"]),
        ("## Empty\n\n## One\n\nHi.", None, ["Empty"]),
        ("---\ntitle: Talk\n---\n# Talk\n\n## One\n\nHi.", "Talk", []),
        ("---\ntitle: Other\n---\n# Talk\n\n## One\n\nHi.", "Other", ["Talk"]),
        ("# Talk\n\nHi.", None, []),
        ("Hi.\n\n# Trailing", "Trailing", []),
    ],
)
def test_headings_without_paragraphs(
    tmp_path: Path, body: str, title: str | None, omissions: list[str]
) -> None:
    loaded = load(tmp_path, body)
    assert loaded.title == title
    assert left_out(loaded) == [("heading", text) for text in omissions]


def test_attributes_have_every_field_of_a_segment(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        "---\nvoices: {me: {speaker: x}}\n---\n"
        "$AB$ {#ab say=\"Take A, an 'm by n' matrix\" caption='AB' voice=me language=de}\n\n"
        '- Two {pause=600ms\nseed=7 take=2 id=two}\n\n> Three {: #three pause_after="1 s"}\n\n'
        'Four. {#four say="So \\"four\\" {x}"}\n\n{#rec audio="my rec.wav" caption=""}\n',
    )
    first, second, third, fourth, recorded = loaded.segments
    assert (first.id, first.text, first.say) == ("ab", "$AB$", "Take A, an 'm by n' matrix")
    assert (first.caption, first.voice, first.language) == ("AB", "me", "de")
    assert (second.id, second.pause_after, second.seed, second.take) == ("two", 0.6, 7, 2)
    assert (third.id, third.text, third.pause_after) == ("three", "Three", 1.0)
    assert (fourth.text, fourth.say) == ("Four.", 'So "four" {x}')
    assert (recorded.text, recorded.caption) == ("", "")
    assert recorded.audio == tmp_path / "my rec.wav"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("# Only a title\n", "nothing to say in this file"),
        (
            "### Deep\n\n<!-- a -->\n<!-- b -->\n\n```\nc\n```\n",
            "nothing to say in this file, only what is not spoken:"
            " 1 heading, 2 comments, 1 code block",
        ),
    ],
)
def test_a_file_that_says_nothing_is_refused_with_what_it_holds(
    tmp_path: Path, body: str, what: str
) -> None:
    assert refused(tmp_path, body).what == what


def test_an_error_names_the_attribute_where_its_place_is_a_line(tmp_path: Path) -> None:
    error = refused(tmp_path, "Hello. {pause=90s}\n")
    assert (error.where, error.what) == (
        "a.md:1",
        "pause_after: 90 s is not between 0 s and 60 s",
    )


def test_all_wrong_attributes_are_named(tmp_path: Path) -> None:
    body = (
        "$c_{ij}\\,$ is a sum. {#two words}\n\nLook. {#a .cls}\n\nOne {#b} more.\n\n"
        'Two {#c say="x}\n\nThree\n\nFour.\n\nFive {key=value} six.\n\n'
        "Seven\neight {#d} {seed=1}\n\nNine.{voise=me}\n\n## Ten {#t voice=me}\n"
    )
    assert problems(body) == [
        "a.md:1: 'words' is not an attribute",
        "a.md:3: '.cls' is a class, which narrate does not use",
        "a.md:5: attributes that are not at the end of the paragraph: '{#b}'",
        "a.md:7: 'say=\"x' has a quote that does not end",
        "a.md:13: attributes that are not at the end of the paragraph: '{key=value}'",
        "a.md:16: attributes that are not at the end of the paragraph: '{#d}'",
        "a.md:18: unknown attribute 'voise'",
        "a.md:20: unknown attribute 'voice'",
    ]
    assert refused(tmp_path, body).where.startswith("a.md")


def test_braces_that_are_no_attributes_stay(tmp_path: Path) -> None:
    body = "The set {x=1} of {a, b} {c}\n\n\\{#b} and $\\{#c\\}$ {d}\n"
    assert texts(load(tmp_path, body)) == [
        "The set {x=1} of {a, b} {c}",
        "\\{#b} and $\\{#c\\}$ {d}",
    ]
    assert written("`{#a}` and {b}") == ["`{#a}` and {b}"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("Call `np.einsum` now.", "Call `np.einsum` now."),
        ("``np.einsum``, *`f`*, [`g`](h)", "`np.einsum`, `f`, `g`"),
        ("`a *b* [c] <d> {#e} $f$ \\*`", "`a *b* [c] <d> {#e} $f$ \\*`"),
        ("`a\nb` ` c `", "`a b` `c`"),
        ("``a`b`` and `` `c` ``", "`` a`b `` and `` `c` ``"),
        ("`a``b`", "` a``b `"),
        ("```a``b`c```", r"a\`\`b\`c"),
        ("One ``` and ``two``, \\` three", r"One \`\`\` and `two`, \` three"),
        ("`` ` ` ``", "`` ` ` ``"),
        ("a` `b", "a b"),
    ],
)
def test_code_stays_code(code: str, text: str) -> None:
    assert written(code) == [text]


@pytest.mark.parametrize(
    ("text", "spoken", "omissions"),
    [
        ("One %% two %% three", ["One three"], [("comment", "two")]),
        ("%%\none\n\n# two\n%%\n\nThree.", ["Three."], [("comment", "one # two")]),
        ("Half %% one %%\n\n%%\nx\n%% tail", ["Half", "tail"],
         [("comment", "one"), ("comment", "x")]),
        ("![[a.png|100]] A", ["A"], [("embed", "a.png|100")]),
        ("[[Rows]], [[Rows|the *rows*]], [[Rows#Part]], [[#Part]]",
         ["Rows, the rows, Rows, Part"], []),
        ("> [!note] Read *this*\n> Now.", ["Read this", "Now."], []),
        ("> [!TIP]-\n> Now.", ["Now."], [("callout", "TIP")]),
        ("Go #tag/sub on. #last", ["Go on."], [("tag", "#tag/sub"), ("tag", "#last")]),
        ("We are #1 in C#, see a#b.", ["We are #1 in C#, see a#b."], []),
        ("==Two *big*== ~~small~~ words", ["Two big words"], [("struck text", "small")]),
        ("If a==b or c == d == e", ["If a==b or c == d == e"], []),
        ("So[^1] it^[see *that*] is[^x].\n\n[^1]: Why.\n\n    Because.\n\nEnd.",
         ["So it is.", "End."],
         [("footnote", "see *that*"), ("footnote mark", "x"), ("footnote", "[^1]: Why. Because.")]),
        (":::note\nOne.\n:::\n\n::: tip Mind *it*\nTwo.\n:::", ["One.", "Mind it", "Two."], []),
        ("::: {.note}\nOne.\n:::", ["One."], [("container attribute", ".note")]),
        ('!!! note "My *title*"\n    One.\n\n    Two.', ["My title", "One.", "Two."], []),
        ('!!! note inline end "B"\n    One.', ["B", "One."], []),
        ("!!! note\n    One:\n    - two\n      three\n\n    Four.\n\n        five\n\nSix.",
         ["One:", "two three", "Four.", "five", "Six."], [("callout", "note")]),
        ("!!! note\n\tOne:\n\t- two\n\t  three\n\n- !!! tip\n      Six.",
         ["One:", "two three", "Six."], [("callout", "note"), ("callout", "tip")]),
        ("!!! Oh no, it is late.\n=== so", ["!!! Oh no, it is late. === so"], []),
        ("??? tip\n    One.", ["One."], [("callout", "tip")]),
        ('=== "Tab"\n\n    One.', ["Tab", "One."], []),
        ("A {{< youtube 1 >}} {{% b %}} {% c %} {{ d }} e", ["A e"],
         [("shortcode", "youtube 1"), ("shortcode", "b"), ("shortcode", "c"), ("shortcode", "d")]),
        ("- [ ] One\n- [x] Two\n  - [/] Three", ["One", "Two", "Three"], []),
        ("Go :rocket: at 10:30:45 to a:b:c. :+1:", ["Go at 10:30:45 to a:b:c."],
         [("emoji code", ":rocket:"), ("emoji code", ":+1:")]),
        ("H~2~O and x^2^ cost ~5 to ~10.", ["H2O and x² cost ~5 to ~10."], []),
        ("10^6^ m^-1^, 2^nd^, x^n^, Na^+^, ^14^C, x~i~, v~max~, ~new~.",
         ["10⁶ m⁻¹, 2nd, x^n, Na⁺, ¹⁴C, x_i, v_max, new."], []),
        ("x^2+y^2=z^2, a^b^c, ~/a:~/b", ["x^2+y^2=z^2, a^b^c, ~/a:~/b"], []),
        ("H<sub>2</sub>O, 10<sup>6</sup>, <kbd>Ctrl</kbd>+<b>C</b>", ["H2O, 10⁶, Ctrl+C"], []),
        ("<details open>\n<summary>Why *so*</summary>\n\nx\n\n</details>", ["Why so", "x"], []),
        ("A ^^new word^^ and 2^^3.", ["A new word and 2^^3."], []),
        ("Term\n: One\n: Two\n\n: Three", ["Term", "One", "Two", "Three"], []),
        ("One. ^block-1", ["One."], [("block id", "^block-1")]),
        ("One :x:, *(two ~~three~~)* %%four%% .", ["One, (two)."],
         [("emoji code", ":x:"), ("struck text", "three"), ("comment", "four")]),
        ("One :x: two *three* .", ["One two three ."], [("emoji code", ":x:")]),
        ("One :x: .env and [^1] 2.", ["One .env and 2."],
         [("emoji code", ":x:"), ("footnote mark", "1")]),
        ("*[HTML]: Hypertext\n\nHTML.", ["HTML."], [("abbreviation", "*[HTML]: Hypertext")]),
        ("![A *chart*](1.png) ![](2.png) B", ["B"], [("image", "A *chart*"), ("image", "2.png")]),
        ("<!-- a --> <!-- b -->\n\nC <!-- d -->", ["C"], [("comment", "a b"), ("comment", "d")]),
        ("```python\nx = 1\n```\n\nA", ["A"], [("code block", "python x = 1")]),
        ("One<br>two<br/>three  \nfour\\\nfive", ["One two three four five"], []),
        ('A <break time="1s"/> <bookmark mark="x"/>', ['A <break time="1s"/> <bookmark mark="x"/>'],
         []),
        ('<break time="1s"/>\n\nA', ["A"], []),
        ("\\[a] &lt;u&gt; 1 < 2", ["\\[a] \\<u\\> 1 < 2"], []),
        ("**https://a.b/c_d_e#f?g==h==** <https://a.b/~x~>",
         ["https://a.b/c_d_e#f?g==h== https://a.b/~x~"], []),
    ],
)  # fmt: skip
def test_marks(
    tmp_path: Path, text: str, spoken: list[str], omissions: list[tuple[str, str]]
) -> None:
    loaded = load(tmp_path, text)
    assert texts(loaded) == spoken
    assert left_out(loaded) == omissions


@pytest.mark.parametrize(
    "tex",
    [
        "$c_{ij}\\,$", "$a_1 * b_2 * c$", "$\\{x\\}$", "$[0,1]$", "$a<b>c$", "\\(x_1*2*y\\)",
        "$$x^2^ ==y== &amp; \\[z$$", "$$\na\n\n- b\n= c\n$$", "$f[[a]](b)$", "$#a %% b %%$",
    ],
)  # fmt: skip
def test_mathematics_is_kept(tmp_path: Path, tex: str) -> None:
    [segment] = load(tmp_path, f"{tex} {{#a}}\n").segments
    assert (segment.text, segment.id) == (tex, "a")
    [segment] = load(tmp_path, f"*So* `x` ~~y~~ {tex.replace(chr(10), '')} it *is*.\n").segments
    assert f" {tex.replace(chr(10), '')} it is." in segment.text


def test_prices_are_no_mathematics(tmp_path: Path) -> None:
    assert texts(load(tmp_path, "It costs $5 *or* $6.")) == ["It costs $5 or $6."]


NOTE = "narrate does not read these keys of the front matter: "


@pytest.mark.parametrize(
    ("head", "title", "note"),
    [
        ("date: 2026-03-02\ntags: [a, b]\naliases:\n  - c", None, "'date', 'tags', 'aliases'"),
        ("title: 2026\ndraft: true", "2026", "'draft'"),
        ("title: 2026-03-02", "2026-03-02", ""),
        ("title: A\nauthor: &a B\neditor: *a\nx: !y z\ndraft: {k: [1, 2]}", "A",
         "'author', 'editor', 'x', 'draft'"),
        ("subtitle: B\ntitle: >\n  A\n  C", "A C", "'subtitle'"),
        ('"title": "A"\n# comment\n\nlayout: post', "A", "'layout'"),
        ("title: {{ page.title }}x: 1\n", None, None),
        ("{title: A}", "A", ""),
        ("", None, ""),
    ],
)  # fmt: skip
def test_front_matter(tmp_path: Path, head: str, title: str | None, note: str | None) -> None:
    body = f"---\n{head}\n---\nHello.\n"
    if note is None:
        assert "not valid YAML" in refused(tmp_path, body).what
        return
    loaded = load(tmp_path, body)
    assert loaded.title == title
    assert [str(each) for each in loaded.notes] == ([f"a.md:1: {NOTE}{note}"] if note else [])
    assert texts(loaded) == ["Hello."]
    assert loaded.segments[0].where == f"a.md:{3 + head.count(chr(10)) + 1}"


@pytest.mark.parametrize("key", ["titel", "voises", "pause-after", "languge", "Title", "seed"])
def test_a_misspelled_key_is_refused(tmp_path: Path, key: str) -> None:
    error = refused(tmp_path, f"---\ndate: 2026-03-02\n{key}: x\n---\nHello.\n")
    assert error.what == f"unknown field {key!r}"


def test_own_keys_are_read_strictly(tmp_path: Path) -> None:
    error = refused(tmp_path, "---\ndate: 2026-03-02\nlanguage: !x de\n---\nHello.\n")
    assert load(tmp_path, "---\nx: 1\nlanguage: de\n---\nHello.\n").language == "de"
    assert error.where.startswith("a.md")


def test_front_matter_in_toml(tmp_path: Path) -> None:
    head = 'title = "One"\ndate = 2026-03-02\nlanguage = "de"\n[params]\nx = 1\n'
    loaded = load(tmp_path, f"+++\n{head}+++\n\nHello.\n")
    assert (loaded.title, loaded.language, texts(loaded)) == ("One", "de", ["Hello."])
    assert [str(note) for note in loaded.notes] == [f"a.md:1: {NOTE}'date', 'params'"]
    assert loaded.segments[0].where == "a.md:9"


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("+++\ntitle = \n+++\nHi.", "a.md:2", "not valid TOML"),
        ("+++\ntitel = 'x'\n+++\nHi.", "a.md: $", "unknown field 'titel'"),
        ("+++\ntitle = 'x'\nHi.", "a.md:1", "without an end"),
        ("\n---\ntitle: x\n\nHi.", "a.md:2", "without an end"),
        ('{\n"title": "x"\n}\nHi.', "a.md:1", "a format that narrate does not read"),
        (";;;\n{}\n;;;\nHi.", "a.md:1", "a format that narrate does not read"),
        ("---\ntitle: x\n---\n", "a.md", "nothing to say"),
        ("Hi %% there", "a.md:1", "does not end with '%%'"),
        ("Hi.\n\nA\nB <font>c</font>", "a.md:4", "raw HTML"),
    ],
)
def test_errors(tmp_path: Path, text: str, where: str, what: str) -> None:
    error = refused(tmp_path, text)
    assert error.where == where
    assert what in error.what


@pytest.mark.parametrize(
    "text",
    [
        "---\nHello there.\n---\nBye.",
        "---\n\nHello there.\n\nBye.",
        '---\n??? x "Hello there."\n    Bye.',
        "---\n{{< x >}} Hello there.\n\nBye.",
        "---\n{% x %}\n\nHello there.\n\n---\nBye.",
    ],
)
def test_a_rule_at_the_start_is_no_front_matter(tmp_path: Path, text: str) -> None:
    assert texts(load(tmp_path, text)) == ["Hello there.", "Bye."]


def test_a_segment_for_each_line(tmp_path: Path) -> None:
    body = "One *two\nthree*. {#a}\n<!-- x -->\nFour `f\ng`. {pause=1s}\n\n- $h\ni$\n  j\n"
    loaded = load(tmp_path, body, ReadOptions(segments="line"))
    assert texts(loaded) == ["One two", "three.", "Four `f g`.", "$h i$", "j"]
    assert [segment.where[5:] for segment in loaded.segments] == ["1", "2", "4", "7", "9"]
    assert (loaded.segments[1].id, loaded.segments[2].pause_after) == ("a", 1.0)


def test_a_long_paragraph_is_parsed_in_parts(tmp_path: Path) -> None:
    report = Report("a.md")
    body = "A *short* sentence. " * 2_000 + "{#end}"
    [block] = Reader(report, ReadOptions()).blocks(body)
    assert block.text == ("A short sentence. " * 2_000).strip()
    assert block.fields == {"id": "end"}


PAGES = Path(__file__).parent / "pages"

SPOKEN = {
    "readme.md": [
        "A small library for matrices. It has no dependencies.",
        "Installation",
        "Run this:",
        "Make a matrix.",
        "Multiply it:",
        "The result is a matrix too.",
        "See the guide, or ask a question. Requires Python 3.11+.",
        "Licence: MIT.",
    ],
    "note.md": [
        "Up: all lessons",
        "Before you start",
        "You need Matrices.",
        "a pencil",
        "paper",
        "A vector $v = (v_1, v_2)\\,$ is a column.",
        "Read it",
        "Draw it",
    ],
    "post.md": [
        "Matrices are everywhere.",
        "Look at the rows first.",
        "People wrote them in tables: rows, then columns.",
        "Today computers do it",
    ],
    "page.md": [
        "Take care",
        "Multiplication does not commute.",
        "It is associative.",
        "Hidden at first.",
        "Rows",
        "Read from the left.",
        "Columns",
        "Read from the top.",
        "Matrix",
        "A grid of numbers.",
        "It has rows.",
        "The HTML standard says so.",
    ],
}
LEFT_OUT = {
    "readme.md": ["image", "image", "code block", "code block", "link definition"],
    "note.md": [
        *("comment", "tag", "struck text", "block id", "embed", "comment", "footnote"),
    ],
    "post.md": ["comment", "shortcode", "shortcode", "shortcode", "heading", "emoji code"],
    "page.md": ["callout", "abbreviation", "footnote"],
}


@pytest.mark.parametrize("name", SPOKEN)
def test_pages_as_people_have_them(name: str) -> None:
    loaded = script.load(PAGES / name)
    assert texts(loaded) == SPOKEN[name]
    assert [each.kind for each in loaded.omissions] == LEFT_OUT[name]


def test_all_problems_are_reported_in_one_go(tmp_path: Path) -> None:
    text = "| a |\n|---|\n\nHello [beat].\n\n{#x bla}\n\nBye. {pasue=1s voice=nobody}\n"
    error = refused(tmp_path, text)
    assert isinstance(error, ScriptErrors)
    assert [(each.where, each.what) for each in error.problems] == [
        ("a.md:1", 'a table, which tables = "error" refuses'),
        ("a.md:4", "unknown direction '[beat]'"),
        ("a.md:6", "'bla' is not an attribute"),
        ("a.md:8", "unknown attribute 'pasue'"),
        ("a.md:8", "unknown voice 'nobody'"),
    ]


@pytest.mark.parametrize("head", ["---\nfps: 30\ntitel: A\n---", '+++\ntitel = "A"\n+++'])
def test_problems_of_a_head_and_a_body_are_reported_together(tmp_path: Path, head: str) -> None:
    text = f"{head}\n\nHello. {{#x bla}}\n\nBye. {{voice=host}}\n"
    error = refused(tmp_path, text)
    assert isinstance(error, ScriptErrors)
    found = sorted(each.what for each in error.problems)
    assert found == ["'bla' is not an attribute", "unknown field 'titel'"]


def test_attributes_for_others_are_left_out(tmp_path: Path) -> None:
    text = (
        "One. {.note}\n\nTwo. {: .lead }\n\n[Three](b){target=_blank .x} `four`{.r} five.\n\n"
        "![Alt](a.png){#fig:a width=50%} Six.\n\n- Contents\n{:toc}\n"
    )
    loaded = load(tmp_path, text)
    assert texts(loaded) == ["One.", "Two.", "Three `four` five.", "Six.", "Contents"]
    assert left_out(loaded) == [
        ("foreign attribute", ".note"),
        ("foreign attribute", ": .lead"),
        ("foreign attribute", "target=_blank .x"),
        ("foreign attribute", ".r"),
        ("image", "Alt"),
        ("foreign attribute", "#fig:a width=50%"),
        ("foreign attribute", ":toc"),
    ]


@pytest.mark.parametrize(
    ("first", "last", "kind"),
    [
        ("{% highlight c %}", "{% endhighlight %}", "code block"),
        ("{%- comment -%}", "{%- endcomment -%}", "comment"),
        ('{{< highlight go "x=1" >}}', "{{< /highlight >}}", "code block"),
    ],
)
def test_code_and_comments_between_shortcodes_are_left_out(
    tmp_path: Path, first: str, last: str, kind: str
) -> None:
    loaded = load(tmp_path, f"One.\n{first}\nint x;\n\n# include\n{last}\nTwo.\n")
    assert texts(loaded) == ["One.", "Two."]
    assert left_out(loaded) == [(kind, "int x; # include")]
    unclosed = load(tmp_path, f"{first}\nint x;\n")
    assert texts(unclosed) == ["int x;"]


def test_a_comment_of_mdx_is_left_out(tmp_path: Path) -> None:
    loaded = load(tmp_path, "One. {/* two\nthree */} Four.\n")
    assert texts(loaded) == ["One. Four."]
    assert left_out(loaded) == [("comment", "two three")]


def test_a_title_block_of_pandoc(tmp_path: Path) -> None:
    loaded = load(tmp_path, "% The title\n% Ann; Bob\n% 2024\n\nHello [a.\n")
    assert (loaded.title, texts(loaded)) == ("The title", ["Hello [a."])
    assert left_out(loaded) == [("title block", "Ann; Bob"), ("title block", "2024")]
    assert loaded.segments[0].where == "a.md:5"


def test_markdown_of_many_megabytes_is_refused_at_once(tmp_path: Path) -> None:
    assert "larger than 4 MiB" in refused(tmp_path, "a\n\n" * 1_400_000).what


def test_a_text_of_little_but_signs_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "*a " * 200_001).what == "more than 200,000 signs of markup"


TABLE = """
| Name | Size | Note |
|:-----|-----:|------|
| `np.einsum` | 3 MB. | |
| $x^2$, *new* | 1 \\| 2 | Why? |
"""
ROWS = ["Name: `np.einsum`, Size: 3 MB.", "Name: $x^2$, new, Size: 1 | 2, Note: Why?"]


def test_a_spoken_table_is_said_row_by_row(tmp_path: Path) -> None:
    speak = ReadOptions(tables="speak")
    loaded = load(tmp_path, f"One.\n{TABLE}\nTwo.\n", speak)
    assert [segment.text for segment in loaded.segments] == ["One.", "\n".join(ROWS), "Two."]
    assert loaded.segments[1].where == "a.md:3"
    assert loaded.omissions == ()
    by_line = load(tmp_path, TABLE, ReadOptions(tables="speak", segments="line"))
    assert [(each.text, each.where) for each in by_line.segments] == [
        (ROWS[0], "a.md:4"),
        (ROWS[1], "a.md:5"),
    ]


def test_a_table_is_refused_skipped_or_given_words(tmp_path: Path) -> None:
    error = refused(tmp_path, f"One.\n{TABLE}")
    assert (error.where, error.what) == ("a.md:3", 'a table, which tables = "error" refuses')
    assert error.hint
    assert 'set tables to "speak" or "skip" in narrate.toml' in error.hint
    skipped = load(tmp_path, f"One.\n{TABLE}", ReadOptions(tables="skip"))
    [omission] = skipped.omissions
    assert (texts(skipped), omission.where, omission.kind) == (["One."], "a.md:3", "table")
    assert "`np.einsum`" in omission.text
    for choice in ("error", "skip", "speak"):
        body = f'{TABLE}{{#sizes say="Two sizes." pause=1s}}\n\nOne.\n'
        [table, _] = load(tmp_path, body, ReadOptions(tables=choice)).segments
        assert (table.id, table.say, table.pause_after) == ("sizes", "Two sizes.", 1.0)
        assert table.text == "\n".join(ROWS)


@pytest.mark.parametrize(
    ("table", "spoken", "omissions"),
    [
        ("|A|B|\n|-|-|", [], [("table header", "A"), ("table header", "B")]),
        ("||B|\n|-|-|\n|a||\n|c|d!|", ["a. c, B: d!"], []),
        ("|A|B|\n|-|-|\n|a|", ["A: a."], [("table header", "B")]),
        ("a:|b\n-|-\none<br>two.|~~x~~\n{: .wide}", ["a: one two."],
         [("struck text", "x"), ("table header", "b"), ("foreign attribute", ": .wide")]),
        ("> |A|\n> |-|\n> |`a|b`|", None, []),
        ("> |A|\n> |-|\n> |`a\\|b`|", ["A: `a|b`."], []),
        ("|A|\n|-|\n|a {#x}|\n|b|", None, []),
    ],
)  # fmt: skip
def test_tables(
    tmp_path: Path, table: str, spoken: list[str] | None, omissions: list[tuple[str, str]]
) -> None:
    speak = ReadOptions(tables="speak")
    if spoken is None:
        with pytest.raises(ScriptError) as caught:
            load(tmp_path, table, speak)
        assert caught.value.where == "a.md:3"
        return
    loaded = load(tmp_path, f"{table}\n\nEnd.", speak)
    assert texts(loaded) == [*spoken, "End."]
    assert sorted(left_out(loaded)) == sorted(omissions)


def test_cells_without_a_header_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="a row with more cells") as caught:
        load(tmp_path, "|A|B|\n|-|-|\n|a|b|\n|`c | d`|e|\n", ReadOptions(tables="speak"))
    assert caught.value.where == "a.md:4"


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("$$a + b$$", "$$a + b$$"),
        ("$$\na + b\n$$ {#sum}", "$$\na + b\n$$"),
        ("$$a + b$$.", "$$a + b$$."),
        ("\\begin{align*}\na &= b \\\\\n\n- c_1_ &= d\n\\end{align*} {#sum}",
         "$$\\begin{align*}\na &= b \\\\\n\n- c_1_ &= d\n\\end{align*}$$"),
        ("```math\n\na_1 *\n\nb\n```", "$$a_1 *\n\nb$$"),
        ("- ~~~ math\n  a\n  ~~~", "$$a$$"),
    ],
)  # fmt: skip
def test_blocks_of_formulas(tmp_path: Path, block: str, text: str) -> None:
    body = f"One $x$ and $$y$$.\n\n{block}\n"
    first = "One $x$ and $$y$$."
    assert [each.text for each in load(tmp_path, body).segments] == [first, text]
    skipped = load(tmp_path, body, ReadOptions(formulas="skip"))
    assert texts(skipped) == [first]
    assert left_out(skipped) == [("formula", " ".join(text.split()))]
    with pytest.raises(ScriptError, match='a formula, which formulas = "error" refuses') as caught:
        load(tmp_path, body, ReadOptions(formulas="error"))
    assert caught.value.where == "a.md:3"


def test_a_formula_with_words_is_spoken(tmp_path: Path) -> None:
    [one] = load(tmp_path, '$$a$$ {say="A."}', ReadOptions(formulas="error")).segments
    assert (one.text, one.say) == ("$$a$$", "A.")


def test_a_block_of_mathematics_that_is_no_formula(tmp_path: Path) -> None:
    error = refused(tmp_path, "One.\n\n```math\n\\text{$x$}\n```\n")
    assert (error.where, error.what) == ("a.md:3", "a block of mathematics that is not a formula")
    assert texts(load(tmp_path, "```math\n```\n\nOne.\n")) == ["One."]


def test_an_environment_without_an_end_is_text() -> None:
    assert written("\\begin{align}\na\n\n\\begin{align}\nb") == [
        "\\begin{align}\na",
        "\\begin{align}\nb",
    ]


def test_mathematics_of_gitlab(tmp_path: Path) -> None:
    assert texts(load(tmp_path, "So $`a_1 * b*c`$ is `$x$` *it*.")) == [
        "So $a_1 * b*c$ is `$x$` it."
    ]


def test_images(tmp_path: Path) -> None:
    body = "One.\n\n![A *nice*\n`x` chart](a.png) of [![two](b.png)](c).\n\n![](d.png) Two.\n"
    spoken = load(tmp_path, body, ReadOptions(images="speak"))
    assert texts(spoken) == ["One.", "A nice `x` chart of two.", "Two."]
    assert left_out(spoken) == [("image", "d.png")]
    assert spoken.omissions[0].where == "a.md:6"
    with pytest.raises(ScriptError, match="raw HTML") as raised:
        load(tmp_path, "![A\nb](c.png)\n<font>.", ReadOptions(images="speak"))
    assert raised.value.where == "a.md:3"
    with pytest.raises(ScriptErrors) as caught:
        load(tmp_path, body, ReadOptions(images="error"))
    assert [str(problem) for problem in caught.value.problems] == [
        f'a.md:{line}: an image, which images = "error" refuses' for line in (3, 4, 6)
    ]
