"""Resolutions, dimensions, ratios, factors and large counts: `1920x1080`, `16:9`, `2x`, `7B`."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import DIGITS, Form
from narrate.reading.words import TAKEN

NAME = "sizes"

_EDGE = r"(?=[0-9])(?<![\w.])(?<![0-9],)"
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})++(?![0-9])|[0-9]++)(?:\.[0-9]++)?"
_SIDE = r"[0-9]{1,5}(?:\.[0-9]{1,3})?"
_GRID = (
    r"matrix|matrices|grid|array|image|images|pixels?|px|block|kernel|tensor|board|table|window"
    r"|filter|patch|patches|tile|display|screen|video|identity|system|square|block|resolution"
)
_COUNTS = {"K": "thousand", "k": "thousand", "M": "million", "B": "billion", "T": "trillion"}
_THINGS = (
    r"(?=[ -](?:param|token|user|row|image|download|star|view|follower|people"
    r"|sample|record|step|line)\w*)"
)


def _sides(match: re.Match[str]) -> str:
    sides = re.split(r" ?[x×] ?", match["sides"])
    large = max(map(len, sides)) > 2
    said = " by ".join(_side(side, large=large) for side in sides)
    return f"{said} pixels" if match["pixels"] else said


def _side(text: str, *, large: bool) -> str:
    """`1920` of a resolution as nineteen twenty."""
    if text.isalpha():
        return "A" if text == "a" else text
    return numerals.pairs(text) if large and text.isdecimal() else numerals.number(text)


def _factor(match: re.Match[str]) -> str:
    said = numerals.number(match["number"])
    return f"{said} {'time' if match['number'] == '1' else 'times'}"


def _arc(match: re.Match[str]) -> str:
    """The minutes and seconds of an angle: `40°26′46″`."""
    said = f"{numerals.cardinal(match['minute'])} minutes"
    return f"{said} {numerals.number(match['second'])} seconds" if match["second"] else said


def _scan(match: re.Match[str]) -> str:
    rate = f" {numerals.cardinal(match['rate'])}" if match["rate"] else ""
    return f"{numerals.pairs(match['lines'])} {match['kind'].upper()}{rate}"


def _scaled(match: re.Match[str]) -> str:
    plus = " plus" if match[0].endswith("+") else ""
    return f"{numerals.number(match['number'])} {match['scale'].upper()}{plus}"


GRIDS = Form(
    frozenset("x×"),
    r"(?<![\w.])(?P<it>(?P<sides>(?:[0-9]{1,5}|[a-z])"
    r"(?: ?[x×] ?(?:[0-9]{1,5}|[a-z])){1,3})(?P<pixels>))"
    rf"(?=[- ](?:{_GRID})\b)",
    _sides,
)
FORMS = (
    Form(
        DIGITS,
        r"(?<![\w.,])(?:0|(?<=\ball )[1-9]|(?<=\bthe )[1-9]|(?<=\bare )[1-9]|(?<=\bhas )[1-9]"
        r"|(?<=\bfive )9)s(?!\w)",
        lambda m: numerals.plural(numerals.cardinal(m[0][:-1])),
    ),
    Form(frozenset("D"), r"(?<![\w.])[1-9]-D(?!\w)", lambda m: f"{numerals.cardinal(m[0][0])} D"),
    Form(
        DIGITS,
        r"(?:(?<=\bBoeing )|(?<=\bAirbus )|(?<=[A-Za-z]-))[0-9]{1,3}s(?!\w)",
        lambda m: numerals.plural(numerals.pairs(m[0][:-1])),
    ),
    Form(
        frozenset("'’′"),
        r"(?<=[0-9]°)(?P<minute>[0-9]{1,2})[′'’](?:(?P<second>[0-9]{1,2}(?:\.[0-9]{1,3})?)[″\"”])?",
        _arc,
    ),
    Form(
        frozenset("′"),
        rf"{_EDGE}(?P<feet>[0-9]{{1,3}})′(?= (?:tall|wide|high|deep|long)\b)",
        lambda m: f"{numerals.cardinal(m['feet'])} feet",
    ),
    Form(
        frozenset("'’′"),
        rf"{_EDGE}(?P<feet>[0-9])['’′] ?(?P<inches>[0-9]{{1,2}})[\"”″]",
        lambda m: f"{numerals.cardinal(m['feet'])} foot {numerals.cardinal(m['inches'])}",
    ),
    Form(
        frozenset('"”″'),
        r"(?<=\b[Aa] )(?<![\w.])(?P<inches>[0-9]{1,3}(?:\.[0-9])?)[\"”″](?= \w)",
        lambda m: f"{numerals.number(m['inches'])} inch",
    ),
    Form(
        frozenset("x×"),
        rf"{_EDGE}(?P<sides>[0-9]{{1,5}}(?:\s?[x×]\s?[0-9]{{1,5}}){{1,3}}) ?(?P<pixels>px)(?!\w)",
        _sides,
    ),
    Form(
        frozenset("x×"),
        rf"{_EDGE}(?P<sides>{_SIDE}(?:[x×]{_SIDE}){{1,3}})(?P<pixels>)(?![\w^⁻⁺])",
        _sides,
    ),
    Form(
        frozenset("x×"),
        rf"(?:(?<=[A-Z{TAKEN}] is )|(?<=\b[Aa] )|(?<=\b[Tt]he )|(?<=\ban ))"
        r"(?P<sides>[0-9]{1,5}(?: [x×] [0-9]{1,5}){1,3})(?P<pixels>)(?! ?=)(?![\w^]|[.,][0-9])",
        _sides,
    ),
    Form(
        frozenset("x"),
        rf"{_EDGE}(?P<one>{_SIDE}) x (?P<other>{_SIDE})(?= =|[.,;:?!)]|$)(?![.,][0-9])",
        lambda m: f"{numerals.number(m['one'])} times {numerals.number(m['other'])}",
    ),
    GRIDS,
    Form(
        DIGITS,
        rf"{_EDGE}(?P<lines>[0-9]{{3,4}})(?P<kind>[pi])(?P<rate>[0-9]{{2,3}})?(?!\w)",
        _scan,
    ),
    Form(
        frozenset(":"),
        rf"{_EDGE}(?P<left>{_SIDE}):(?P<right>{_SIDE})(?![\w:]|\.[0-9])",
        lambda m: f"{numerals.number(m['left'])} to {numerals.number(m['right'])}",
    ),
    Form(
        frozenset("x×"),
        rf"{_EDGE}(?<!equals )(?<!plus )(?<!minus )(?P<number>{_NUMBER})(?:x| ?×)"
        r"(?!\w| ?[0-9=+−]|\()(?! (?:squared|cubed|plus|minus|equals|times|over|-))",
        _factor,
    ),
    Form(
        DIGITS,
        rf"{_EDGE}(?P<number>{_NUMBER})(?P<scale>[kKMBT]){_THINGS}",
        lambda m: f"{numerals.number(m['number'])} {_COUNTS[m['scale']]}",
    ),
    Form(
        DIGITS,
        rf"{_EDGE}(?P<number>{_NUMBER})(?P<scale>[kKMBTDGP]|d(?=\b))\+?(?!\w)",
        _scaled,
    ),
)
