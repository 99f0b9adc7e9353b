"""Titles and abbreviations: `Dr.`, `e.g.`, `Fig. 3`, `No. 5`, `Main St.`."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import DIGITS, Form, one_of, table
from narrate.reading.words import TAKEN

NAME = "abbreviations"

_TITLES = {
    "Dr.": "doctor",
    "Mr.": "mister",
    "Mrs.": "missus",
    "Ms.": "miz",
    "Prof.": "professor",
    "Gen.": "general",
    "Sgt.": "sergeant",
    "Capt.": "captain",
    "Lt.": "lieutenant",
    "Col.": "colonel",
    "Rev.": "reverend",
    "Hon.": "honorable",
    "Sen.": "senator",
    "Gov.": "governor",
    "St.": "saint",
    "Mt.": "mount",
    "Ft.": "fort",
}
_STREETS = {
    "St.": "street",
    "Ave.": "avenue",
    "Blvd.": "boulevard",
    "Rd.": "road",
    "Dr.": "drive",
    "Ln.": "lane",
    "Hwy.": "highway",
    "Sq.": "square",
}
_NUMBERED = {
    "No.": "number",
    "no.": "number",
    "Nos.": "numbers",
    "Fig.": "figure",
    "Figs.": "figures",
    "fig.": "figure",
    "Eq.": "equation",
    "Eqs.": "equations",
    "eq.": "equation",
    "Sec.": "section",
    "sec.": "section",
    "Ch.": "chapter",
    "ch.": "chapter",
    "Vol.": "volume",
    "vol.": "volume",
    "Tab.": "table",
    "Thm.": "theorem",
    "Def.": "definition",
    "Ex.": "exercise",
    "p.": "page",
    "pp.": "pages",
    "Art.": "article",
    "App.": "appendix",
    "Apt.": "apartment",
    "apt.": "apartment",
    "Op.": "opus",
    "op.": "opus",
    "ext.": "extension",
    "Ext.": "extension",
    "Ref.": "reference",
    "ver.": "version",
    "v.": "version",
    "№": "number",
    "§": "section",
    "§§": "sections",
}
_ANYWHERE = {
    "e.g.": "for example",
    "eg.": "for example",
    "i.e.": "that is",
    "ie.": "that is",
    "E.g.": "for example",
    "I.e.": "that is",
    "cf.": "compare",
    "vs.": "versus",
    "vs": "versus",
    "v.s.": "versus",
    "viz.": "namely",
    "approx.": "approximately",
    "approx": "approximately",
    "ca.": "circa",
    "Ca.": "circa",
    "resp.": "respectively",
    "w.r.t.": "with respect to",
    "wrt": "with respect to",
    "iff": "if and only if",
    "s.t.": "such that",
    "w/": "with",
    "w/o": "without",
    "b/c": "because",
    "aka": "also known as",
    "a.k.a.": "also known as",
    "q.d.": "Q D",
    "q.v.": "Q V",
    "i.v.": "I V",
    "p.o.": "P O",
    "incl.": "including",
    "excl.": "excluding",
    "est.": "estimated",
    "max.": "maximum",
    "min.": "minimum",
    "avg.": "average",
    "temp.": "temperature",
    "dept.": "department",
    "Dept.": "department",
    "govt.": "government",
    "misc.": "miscellaneous",
    "esp.": "especially",
    "and/or": "and or",
    "he/she": "he or she",
    "He/she": "he or she",
    "his/her": "his or her",
    "true/false": "true or false",
    "yes/no": "yes or no",
    "N.B.": "note",
    "Q.E.D.": "Q E D",
}
_AT_END = {
    "etc.": "et cetera",
    "et al.": "and others",
    "Inc.": "incorporated",
    "Ltd.": "limited",
    "Corp.": "corporation",
    "Co.": "company",
    "Jr.": "junior",
    "Sr.": "senior",
    "Ph.D.": "P H D",
    "M.Sc.": "M S C",
    "B.Sc.": "B S C",
}
_UNITS = {
    "ft.": "feet",
    "in.": "inches",
    "lb.": "pounds",
    "lbs.": "pounds",
    "oz.": "ounces",
    "hr.": "hours",
    "hrs.": "hours",
    "min.": "minutes",
    "sec.": "seconds",
    "mi.": "miles",
    "yd.": "yards",
    "tsp.": "teaspoons",
    "tbsp.": "tablespoons",
    "qt.": "quarts",
    "pt.": "pints",
    "gal.": "gallons",
}
_ERAS = {"c.": "circa", "ca.": "circa", "est.": "established", "AD": "A D"}
_ERAS |= {"b.": "born", "d.": "died", "r.": "reigned"}
_ONE = {unit: name.removesuffix("s") for unit, name in _UNITS.items()}
_ONE |= {"ft.": "foot", "in.": "inch"}
_PLACES = re.compile(r"\b(?:Lake|Mount|Port|Fort|Cape|Mt\.) $")
_DOT = frozenset(".")
_ENDING = re.compile(r"\s*$|\s+[\"“'(]?[A-Z]")


def _maybe_last(words: dict[str, str], match: re.Match[str]) -> str:
    """The full stop of `etc.` ends the sentence too, where the text ends or a capital follows."""
    said = words[match["it"]]
    after = match.string[match.end("it") : match.end("it") + 4]
    if match["it"].endswith(".") and (not after.strip() or _ENDING.match(after)):
        return f"{said}."
    return said


def _initials(match: re.Match[str]) -> str:
    """`b.i.d.`, with a full stop where a sentence ends."""
    said = " ".join(match[0].replace(".", "").upper())
    return f"{said}." if _ENDING.match(match.string, match.end()) else said


def _title(match: re.Match[str]) -> str | None:
    start = match.start()
    before = match.string[max(0, start - 2) : start]
    if match["it"] == "St." and _PLACES.search(match.string, max(0, start - 6), start):
        return "saint"
    # "Main St. Then" ends a sentence; "in St. Louis" does not.
    if match["it"] in _STREETS and before[:1].islower() and _follows_name(match):
        return None
    return _TITLES[match["it"]]


def _measured(match: re.Match[str]) -> str:
    start = match.start()
    one = match.string[max(0, start - 3) : start].lstrip() == "1 "
    return _maybe_last(_ONE if one else _UNITS, match)


def _street(match: re.Match[str]) -> str | None:
    return _maybe_last(_STREETS, match) if _follows_name(match) else None


def _follows_name(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - 24) : match.start()].split()
    if not before:
        return False
    # The first word of a text has a capital anyway.
    named = before[-1][0].isupper() and match.start() > len(before[-1]) + 1
    return named or before[-1][0].isdecimal()


FORMS = (
    Form(
        DIGITS,
        rf"(?<!\w)(?P<era>{one_of(_ERAS)}) (?P<year>[1-9][0-9]{{2,3}})(?!\w)",
        lambda match: f"{_ERAS[match['era']]} {numerals.pairs(match['year'])}",
    ),
    Form(_DOT, rf"(?<!\w)(?P<it>{one_of(_TITLES)})(?= (?:and )?[A-Z{TAKEN}])", _title),
    Form(_DOT, rf"(?<=[a-z0-9] )(?P<it>{one_of(_STREETS)})(?!\w)", _street),
    Form(
        frozenset(".№§"),
        rf"(?<![\w.])(?P<it>{one_of(_NUMBERED)})(?= ?\(?(?:[0-9]|[IVX]{{2}}|[VX]\b))",
        table(_NUMBERED),
    ),
    Form(_DOT, r"(?<=[A-Za-z]\w )(?P<it>v\.)(?= (?:the )?[A-Z])", lambda match: "versus"),
    Form(_DOT, r"(?<!\w)App\.(?= [A-Z](?![\w'’]))", lambda match: "appendix"),
    Form(_DOT, r"(?<=[0-9](?:st|nd|rd|th) )ed\.", lambda match: "edition"),
    Form(
        DIGITS,
        rf"(?<=[0-9] )(?P<it>{one_of(_UNITS)})(?!\w)",
        _measured,
    ),
    Form(
        frozenset("./vwia"),
        rf"(?<![\w./])(?P<it>{one_of(_ANYWHERE)})(?![\w/])",
        table(_ANYWHERE),
    ),
    Form(_DOT, r"(?<![\w.])(?:[a-z]\.){3,4}(?!\w)", _initials),
    Form(
        _DOT,
        rf"(?<![\w.])(?P<it>{one_of(_AT_END)})(?!\w)",
        lambda match: _maybe_last(_AT_END, match),
    ),
)
