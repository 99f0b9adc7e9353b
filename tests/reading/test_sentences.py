"""Where sentences end."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest

from narrate.reading import cuts, sentences
from narrate.reading.pieces import split

TABLE = Path(__file__).with_name("sentences.tsv").read_text(encoding="utf-8").splitlines()
AMBIGUOUS = "It starts at 9 a.m. and ends at 5 p.m.¦Bring lunch."
"""The table also has this p.m. within a sentence, so nobody can be right about both."""


def cut(text: str) -> list[str]:
    places = [0, *sentences.ends(text), len(text)]
    return [text[a:b].strip() for a, b in pairwise(places) if text[a:b].strip()]


def joined(language: str, marked: str) -> str:
    return marked.replace("¦", "" if language in ("ja", "zh") else " ")


@pytest.mark.parametrize("row", [row for row in TABLE if not row.endswith(AMBIGUOUS)])
def test_table(row: str) -> None:
    language, marked = row.split("\t")
    assert cut(joined(language, marked)) == marked.split("¦")


@pytest.mark.parametrize(
    "marked",
    [
        "He saw Lt. Smith and Col. Jones of the Rev. King's church.¦Hon. Members agreed.",
        "See Prof. Lee, Nos. 4 and 5, pp. 3-4.¦It is there.",
        "Il sig. Rossi e la sig.ra Bianchi.¦Poi andò.",
        "Проф. Иванов пришёл.¦Табл. 2 пуста.",
        "I live on 5th Ave. near Sunset Blvd.¦Then I moved.",
        "He works at Apple Inc.¦The firm is big.",
        "Acme Corp. Ltd. vs. Others.¦He can't.¦Nobody can.",
        "It is approx. Ten miles.¦In Sept. Mary came.",
        "He is a.k.a. Bob in the U.K. and the E.U. now.¦He left the U.S.¦The end came.",
        "In Washington, D.C.¦Then he left, etc.¦The rest.",
        "1. Take the key.¦So do I.",
        "No.¦That is wrong.¦No. IV is next.",
        "She said (He's a Ph.D. student.) and left.¦What?!¦“Yes!”¦“No!”",
        "Use v2.0.¦It works.¦The value is 3.5.¦That is high.",
        "Yes...¦No…¦Maybe.",
        "Das ist z. B. Gold, d. h. Die Frucht, u. a. Obst.¦Im 19. Jahrhundert, Abb. Zwei, Hr. M.",
        "Mme. Curie et Mlle. Dupont, p. ex. Marie, sont là.¦Elles rient.",
        "El Sr. Pérez y la Dra. Gómez van a EE. UU. Hoy, véase la pág. Dos.",
        "Il Sig. Rossi e la Sig.ra Bianchi, ecc.¦Poi tacque.",
        "O Exmo. Senhor e a Sra. Silva.¦Eles saíram.",
        "Он жил в г. Москва на ул. Ленина и т. д.¦Потом уехал.¦Вот музей им. Пушкина.",
    ],
)
def test_siblings(marked: str) -> None:
    assert cut(marked.replace("¦", " ")) == marked.split("¦")


def test_no_piece_ends_after_an_abbreviation() -> None:
    text = (
        "so the soldiers in either camp could say whether it would be given by Gen. Grant himself"
    )
    for limit in range(12, len(text)):
        assert not any(piece.shown.endswith("Gen.") for piece in split(text, limit=limit))


def test_ranks() -> None:
    text = "See Mt. Etna, now. Go on"
    assert cuts.ranks(text) == {
        4: cuts.WORD,
        8: cuts.ABBREVIATION,
        14: cuts.CLAUSE,
        19: cuts.SENTENCE,
        22: cuts.WORD,
        24: cuts.SENTENCE,
    }


def test_a_megabyte_takes_a_moment() -> None:
    for unit in ("This is Mr. Smith's, e.g. one. ", ".", '."', "a.", "a. ", ". ", "1. "):
        before = time.process_time()
        list(sentences.ends(unit * (1_000_000 // len(unit))))
        assert time.process_time() - before < 10
