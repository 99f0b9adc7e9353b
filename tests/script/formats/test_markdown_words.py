"""No word of a Markdown script is lost: it is spoken, in a title, left out and listed, or named by
an error with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from narrate import script
from narrate.config import Choice
from narrate.errors import ScriptError, ScriptErrors
from narrate.script import ReadOptions, Script

WORD = re.compile(r"q[a-p]{4}")


def unique() -> Iterator[str]:
    """Words that no markup contains, each one once."""
    for letters in product("abcdefghijklmnop", repeat=4):
        yield "q" + "".join(letters)


def titles(loaded: Script) -> str:
    return " ".join([loaded.title or "", *(scene.title or "" for scene in loaded.scenes)])


def spoken(loaded: Script) -> str:
    return " ".join(segment.text for segment in loaded.segments)


def said(loaded: Script) -> set[str]:
    """Every word that can be found again."""
    found = [repr(loaded.segments), repr(loaded.scenes), titles(loaded)]
    return set(WORD.findall(" ".join([*found, *(each.text for each in loaded.omissions)])))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("markdown") / "a.md"


BLOCKS = (
    "# {}",
    "## {}",
    "### {} {}",
    "#### {} ####",
    "{} {}",
    "{}\n{}",
    "{}\n---\n{}",
    "{}\n===\n",
    "{}\n{}\n===\n{}",
    "{}\n-\n{}",
    "    {}\n    {}",
    "\t{}",
    "---",
    "* * *",
    "- {}\n- {}\n  - {}\n\n    {}",
    "1. {}\n2. {}\n\n   {}",
    "- [ ] {}\n- [x] {}",
    "> {}\n{}",
    "> {}\n>\n> > {}",
    "> [!note] {}\n> {}",
    "> [!tip]-\n> {}",
    "*{}* **{}** _{}_ ***{}***",
    "`{}` ``{} {}``",
    "[{}](https://example.org/1) [{}](1.png)",
    "[{}][1] and [1]\n\n[1]: https://example.org",
    "[{}]: https://example.org",
    "<https://example.org/{}>",
    "![{}](1.png) {}",
    "![[{}]] {}",
    "[[{}]] [[1|{}]]",
    "<!-- {} -->",
    "<!-- {}\n\n{} -->\n\n{}",
    "{} <!-- {} --> {}",
    "```\n{}\n```",
    "~~~ {}\n# {}\n~~~",
    "%% {} %% {}",
    "%%\n{}\n\n{}\n%% {}",
    "{}[^1] {}\n\n[^1]: {}\n\n    {}\n\n{}",
    "{}^[{} *{}*] {}",
    "{} #{} {}",
    "=={}== ~~{}~~ {}~{}~ {}^{}^",
    ":::note {}\n{}\n:::",
    "::: {{.note}}\n{}\n\n{}\n:::",
    '!!! note "{}"\n    {}\n\n    {}',
    "??? note\n    {}",
    '=== "{}"\n    {}',
    "{}\n: {}\n: {}",
    "{{{{< {} >}}}} {} {{% {} %}}",
    "{}  \n{}\\\n{}",
    "{}&nbsp;{}",
    "{} ^{}",
    "*[{}]: {}",
    "{} :{}: {}",
    "{}<br>{}",
)
"""Templates, in which `{}` is a word."""


@st.composite
def documents(draw: st.DrawFn, blocks: tuple[str, ...] = BLOCKS) -> str:
    words = unique()
    chosen = draw(st.lists(st.sampled_from(blocks), min_size=1, max_size=8))
    separators = st.sampled_from(["\n\n", "\n\n\n", "\n\n \n"])
    filled = [block.format(*(next(words) for _ in range(block.count("{}")))) for block in chosen]
    return "".join(block + draw(separators) for block in filled) + next(words)


def check_words(path: Path, text: str, options: ReadOptions | None = None) -> Script:
    path.write_text(text)
    loaded = script.load(path, options or ReadOptions())
    assert said(loaded) >= set(WORD.findall(text))
    return loaded


@given(text=documents())
def test_every_word_is_found_again_and_no_sign_is_spoken(path: Path, text: str) -> None:
    loaded = check_words(path, text)
    plain = re.sub(r"https://example\.org/q[a-p]+|\b1\b|`", "", spoken(loaded) + titles(loaded))
    assert re.sub(r"[\sa-p\xa0q]", "", plain) == ""
    left_out = " ".join(each.text for each in loaded.omissions)
    assert not set(WORD.findall(spoken(loaded))) & set(WORD.findall(left_out))


@pytest.mark.parametrize("block", BLOCKS)
def test_each_template_alone(path: Path, block: str) -> None:
    words = unique()
    filled = block.format(*(next(words) for _ in range(block.count("{}"))))
    check_words(path, f"{filled}\n\n{next(words)}")
    check_words(path, f"{next(words)}\n\n{filled}\n\n{next(words)}")


CHOSEN = (
    "| {} | {} |\n|---|---|\n| {} | {} |\n| {} | |",
    "> {}|{}\n> -|-\n> `{}`|\n> *{}*",
    "| {} |\n|---|\n| ![{}](1.png) |\n{{: .t}}",
    "![{} *{}*](1.png)",
    "[![{}](1.png)](2) {}",
    "$${}$$",
    "$$\n{}\n\n{}\n$$",
    "```math\n{}\n```",
    "{}\n\\begin{{align}}\n{}\n\n{}\n\\end{{align}}\n{}",
)
"""Templates of what settings decide on."""


@pytest.mark.parametrize("choice", ["speak", "skip"])
@given(data=st.data())
def test_no_choice_loses_a_word(path: Path, choice: Choice, data: st.DataObject) -> None:
    text = data.draw(documents((*CHOSEN, *BLOCKS[:20])))
    check_words(path, text, ReadOptions(tables=choice, formulas=choice, images=choice))


SIGNS = (
    *"#>-*_`~=^:!.+\\&;\"'{}[]%$",
    *("\n", "\n\n", "    ", " ", "\t", "\n> ", "\n- ", "\n1. ", "\n---\n", "\n===\n", "\n# "),
    *("<!--", "-->", "<b>", "[^", "]: ", "[[", "]]", "![[", "==", "~~", "%%", "$$", "```", "\n: "),
    *("|", "|", "\n|", "\n|-|-|\n|", "\\|", "``", "\n```math\n", "<kbd>"),
    *("{#", "{=", "}}", "{{", "[!", "&amp;", "<br>", "https://", "**", "\n\n    "),
)
pieces = st.lists(st.sampled_from(SIGNS) | st.none(), min_size=1, max_size=30)


@given(pieces=pieces)
@example(pieces=["[", None, "]: ", None, "."])
@example(pieces=[None, "\n---\n", None])
@example(pieces=["    ", None])
@example(pieces=["|", None, "\n|-|-|\n|", None, "|", None, "|", None])
def test_no_mixture_of_signs_loses_a_word(path: Path, pieces: list[str | None]) -> None:
    words = unique()
    text = "".join(next(words) if piece is None else piece for piece in pieces)
    text = f"{next(words)}\n\n{text}\n\n{next(words)}"
    try:
        check_words(path, text, ReadOptions(tables="speak", images="speak"))
    except ScriptError as error:
        for each in error.problems if isinstance(error, ScriptErrors) else [error]:
            assert re.match(r"a\.md(:\d|: \$)", each.where)
            assert each.hint
