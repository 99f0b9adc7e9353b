"""Mathematics in plain text, where it certainly is that: `C_ij = sum(A_ik * B_kj)`, `x^2`.

A small grammar reads the longest formula from each place. It counts only with evidence that prose,
file names and options do not give: a power, an index on a single letter, an equation, `f(x)`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from narrate.reading.mathematics.symbols import GREEK, INDEX_WORDS, UNITS
from narrate.reading.mathematics.unicode import SUBSCRIPTS, SUPERSCRIPTS, plain

_SCRIPTS = SUPERSCRIPTS + SUBSCRIPTS
_RELATIONS = {
    "<=": r"\le ",
    ">=": r"\ge ",
    "!=": r"\ne ",
    "==": "=",
    "->": r"\to ",
    "=>": r"\Rightarrow ",
    "~": r"\sim ",
    **{sign: sign for sign in "=<>≤≥≠≈≡∈∉⊂⊆∼→⇒⇔∝"},
}
_OPERATORS = {"*": r"\cdot ", "**": "^", "-": "-", **{sign: sign for sign in "+/−×·⋅÷±∪∩∘⊗⊕∖∧∨"}}
_TOKEN = re.compile(
    rf"""
    (?P<space>[ ]+)
    | (?P<number>\d+(?:,\d\d\d(?!\d))*(?:\.\d+)?)
    | (?P<raised>[{SUPERSCRIPTS}]+)
    | (?P<lowered>[{SUBSCRIPTS}]+)
    | (?P<word>(?:(?![{_SCRIPTS}])[^\W\d_])+)
    | (?P<index>_(?:\{{[\w,+\-= ]{{1,20}}\}}|[A-Za-z0-9]{{1,6}}))
    | (?P<relation><=|>=|!=|==|->|=>|~(?=[ ][A-Z]\()|[=<>≤≥≠≈≡∈∉⊂⊆∼→⇒⇔∝])
    | (?P<operator>\*\*|[+\-−*/×·⋅÷±∪∩∘⊗⊕∖∧∨])
    | (?P<dots>\.\.\.|…)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# `_ij`, `_12`, `_1n`, `_ijk`; what is longer is a part of a variable's name.
_INDEX = re.compile(r"[A-Za-z0-9]{1,2}|\d{3}|[ijklmn]{3}")
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_QUANTITY = re.compile(
    rf" ?((?:{_UNIT})(?:/(?:{_UNIT}))?)(?:\^?(-?\d)|([²³⁻¹]+))?(?![\w(^²³]| [b-wyz]\b)"
)
# What has to be in a text for it to hold a formula: a quick look before the grammar.
SIGN = re.compile(
    rf"[\^=<>≤≥≠≈∈∉⌈⌊|‖∥√∑∏∫∀∃∂∇+*·×~{_SCRIPTS}]|[^\W\d_)]_|\)_|\w\(|E\[|[nkm]!|→|->|\bd[a-z]?/d"
    r"|\d[nxyz][-−]\d"
)

_FUNCTIONS = frozenset(
    {"sin", "cos", "tan", "log", "ln", "exp", "sqrt", "max", "min", "det", "sum", "prod", "rank"}
) | {"tr", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "gcd", "lcm", "dim", "Var", "Cov"}
_COMMANDS = {"sin", "cos", "tan", "log", "ln", "exp", "max", "min", "det", "gcd", "dim"}
_BARE = {"sin", "cos", "tan", "log", "ln"}
_VARIABLE = re.compile(r"(?<![A-Za-z\\])x(?![A-Za-z])")
_MULTIPLE = re.compile(
    r"(?<![\w.,/])\d{1,3}x(?![\w×^]|[ ]?\d)"
    r"(?![ ](?:faster|slower|more|less|bigger|larger|smaller|speed))"
)
_GREEK = frozenset(GREEK.values()) | {"infinity"}
_APPLIED = frozenset("fghFGHPTOpqΘΩφψσΓ")
_SIGNS = {"∞": r"\infty ", "∅": r"\emptyset "}
_SETS = frozenset("ℝℕℤℚℂ")
_BARS = ("|", "‖", "∥")
_ROUNDED = {"⌈": "⌉", "⌊": "⌋"}
_STARTS = frozenset("(⌈⌊|‖∥√∑∏∫⋃⋂∀∃∂∇∞∅-−")
_POSTFIXES = ("^", "**", "!", "'", "_")
_BIG = frozenset("∑∏∫⋃⋂")
_ARTICLES = frozenset("aAI")
_AFTER_WORDS = "and or for where if then is are has on in with when as at to by of"
_AFTER = frozenset(_AFTER_WORDS.split())
_SHORT_WORDS = "am an as at be by do go he hi if in is it me my no of oh ok on or so to up us we"
_NOT_PRODUCTS = frozenset(_SHORT_WORDS.split())

_DEEPEST, _LONGEST = 12, 200


@dataclass(slots=True)
class _Formula:
    """A formula read so far: its TeX, where it ends, and whether it is certain."""

    tex: str
    end: int
    certain: bool


class _NotMathsError(Exception):
    """What comes here is no part of a formula."""


@dataclass(slots=True)
class _Reader:
    """Reads one formula from `at`, an index of the tokens."""

    text: str
    tokens: list[re.Match[str]]
    brackets: frozenset[int]
    at: int
    depth: int = 0
    certain: bool = False
    letters: int = 0
    integral: bool = False
    barred: bool = False
    steps: int = 0
    ends: list[_Formula] = field(default_factory=list)

    def kind(self, ahead: int = 0) -> str:
        """The kind of a token; nothing at the end."""
        at = self.at + ahead
        return str(self.tokens[at].lastgroup) if at < len(self.tokens) else ""

    def value(self, ahead: int = 0) -> str:
        """The text of a token."""
        at = self.at + ahead
        return self.tokens[at][0] if at < len(self.tokens) else ""

    def take(self) -> str:
        """The text of this token; goes on to the next."""
        value, self.at, self.steps = self.value(), self.at + 1, self.steps + 1
        if self.steps > _LONGEST:
            raise _NotMathsError
        return value

    def skip_space(self) -> bool:
        """Go over one space, and say whether there was one."""
        spaced = self.kind() == "space"
        self.at += spaced
        return spaced

    def formula(self) -> _Formula | None:
        """The longest formula here that is certain and ends where a word may."""
        with contextlib.suppress(_NotMathsError):
            self.expression(top=True)
        for found in reversed(self.ends):
            if found.certain and _ends_well(self.text, found.end):
                return found
        return None

    def note(self, tex: str) -> None:
        """Remember that a formula may end here."""
        end = self.tokens[self.at - 1].end()
        self.ends.append(_Formula(tex, end, self.certain))

    def expression(self, top: bool = False) -> str:
        """Terms with signs and relations between them."""
        done, term = "", self.term(first=True)
        while True:
            if top:
                self.note(done + term)
            start = self.at
            try:
                sign, after = self.joined()
            except _NotMathsError:
                self.at = start
                return done + term
            if sign == "/":
                term = rf"\frac{{{_inner(term)}}}{{{_inner(after)}}}" + self.factors()
            else:
                done, term = done + term + sign, after

    def joined(self) -> tuple[str, str]:
        """A sign and the term after it; it has spaces on both sides or on none."""
        spaced = self.skip_space()
        kind, letters = self.kind(), self.letters
        if kind not in ("relation", "operator") or spaced != (self.kind(1) == "space"):
            raise _NotMathsError
        operator = self.take()
        self.skip_space()
        term = self.factor() + self.factors(spaced=False) if operator == "/" else self.term()
        letter = letters > 0 or self.letters > letters
        self.certain |= self.proves(kind, operator, letter, spaced)
        return (_RELATIONS if kind == "relation" else _OPERATORS)[operator], term

    def proves(self, kind: str, operator: str, letters: bool, spaced: bool) -> bool:
        """Whether a sign between two terms makes them a formula."""
        if operator in ("->", "=>", "→", "⇒", "⇔"):
            number = self.tokens[self.at - 1].lastgroup == "number" or self.value(-1) == "∞"
            return letters and number
        if kind == "relation":
            return letters or operator == "="
        if operator in "-−" and not spaced:
            # Not "4K-8K", but `3x-7`.
            sign = self.tokens[self.at - 2].start()
            return re.fullmatch(r"\d[nxyz]", self.text[max(0, sign - 2) : sign]) is not None
        return operator in "+*×·⋅∪∩∘⊗⊕±" and (letters or spaced and operator in "+*")

    def term(self, first: bool = False) -> str:
        """Factors side by side."""
        return self.factor(first) + self.factors()

    def factors(self, spaced: bool = True) -> str:
        """More factors, if there are; those after a space only if `spaced`."""
        tex = ""
        while True:
            start = self.at
            try:
                tex += self.next_factor(spaced)
            except _NotMathsError:
                self.at = start
                return tex

    def next_factor(self, allowed: bool) -> str:
        """One more factor; after a space, not a letter that is a word as well."""
        spaced = self.skip_space()
        if spaced and not allowed:
            raise _NotMathsError
        beside = self.value() in _BARS and self.value() == self.value(-1) and not self.barred
        if not beside and (
            self.kind() not in ("word", "other") or self.value() in ("'", "!", *_BARS, "-")
        ):
            raise _NotMathsError
        scripted = self.kind(1) in ("index", "raised", "lowered") or self.value(1) in ("^", "_")
        if spaced and (self.value() == "(" or self.value() in _ARTICLES and not scripted):
            raise _NotMathsError
        return (" " if spaced else "") + self.factor()

    def factor(self, first: bool = False) -> str:
        """A number, letter, function or bracket with its powers and indices."""
        if self.value() in ("-", "−") and self.kind(1) != "space":
            return self.take() + self.factor()
        tex = self.base(first)
        while self.kind() in ("raised", "lowered", "index") or self.value() in _POSTFIXES:
            tex = self.postfix(tex)
        if self.value() == "*" and self.value(1) in (*_BARS, ")", "]"):
            self.take()
            tex += "^*"
        return tex

    def base(self, first: bool) -> str:
        """What a power or index can stand on."""
        kind, value = self.kind(), self.value()
        if kind == "number":
            return self.number()
        if kind == "word":
            return self.word(first)
        if kind == "dots":
            self.take()
            return r"\dots "
        if value == "(":
            return self.bracket("(", ")")
        if value in _ROUNDED:
            tex = self.bracket(value, _ROUNDED[value])
            self.certain = True
            return tex
        if value in ("[", "{") and self.is_set():
            return self.set()
        if value in _BARS and self.kind(1) != "space":
            return self.bars()
        if value == "√":
            self.take()
            self.certain = True
            return rf"\sqrt{{{_inner(self.factor())}}}"
        return self.sign()

    def is_set(self) -> bool:
        """Whether an element or a subset of what is in these brackets stands before them."""
        spaced = self.at > 1 and self.kind(-1) == "space"
        return self.at > 0 and self.value(-2 if spaced else -1) in ("∈", "∉", "⊂", "⊆")

    def set(self) -> str:
        """`{1, 2}`, or an interval such as `[0, 1)`."""
        if self.value() == "{":
            return rf"\{{{self.bracket('{', '}')[1:-1]}\}}"
        return self.bracket("[", "])")

    def number(self) -> str:
        """A number, with a unit if one comes after it."""
        tex = self.take().replace(",", "")
        if len(tex) > 1 and tex.startswith("0") and tex[1] != ".":
            raise _NotMathsError
        unit = _QUANTITY.match(self.text, self.tokens[self.at - 1].end())
        if unit and (unit[0][0] == " " or "/" in unit[1]):
            return tex + self.unit(unit)
        if self.value() == "%":
            self.take()
            tex += r"\%"
        return tex

    def unit(self, found: re.Match[str]) -> str:
        """A unit as upright letters."""
        while self.at < len(self.tokens) and self.tokens[self.at].start() < found.end():
            self.take()
        if self.tokens[self.at - 1].end() != found.end():
            raise _NotMathsError
        power = found[2] or plain(found[3] or "")
        parts = found[1].split("/")
        upright = "/".join(rf"\mathrm{{{part}}}" for part in parts)
        return rf"\,{upright}" + (f"^{{{power}}}" if power else "")

    def word(self, first: bool) -> str:
        """A letter, letters side by side, a Greek letter's name, or a function."""
        value = self.value()
        if value == "lim":
            return self.limit()
        if value in _FUNCTIONS:
            return self.function()
        if value in _GREEK:
            self.take()
            self.letters += 1
            return {"infinity": r"\infty "}.get(value, rf"\{value} ")
        if value in _SETS:
            self.take()
            self.certain = True
            return value
        if _derivative(self, value):
            return self.derivative(value)
        if not self.is_letters(value):
            raise _NotMathsError
        if value in _ARTICLES and self.is_word(first):
            raise _NotMathsError
        self.take()
        self.letters += 1
        return value + self.numbered(value) + self.applied(value)

    def numbered(self, name: str) -> str:
        """The index of `v0` or `m12`."""
        element = name in "CFHKNOPS"
        if element or len(name) != 1 or self.kind() != "number" or not self.value().isdecimal():
            return ""
        return f"_{{{self.take()}}}"

    def is_letters(self, value: str) -> bool:
        """Whether a word is a name: one letter, or a few after a number or in capitals."""
        if len(value) == 1:
            return value.isascii() or value in GREEK
        before = self.tokens[self.at - 1] if self.at else None
        if len(value) == 2 and self.integral and value[0] == "d":
            return True
        if _greek_product(value):
            return True
        side = self.kind(1) in ("index", "raised", "lowered") or self.value(1) in ("^", ")")
        few = len(value) <= 3 and value.isascii() and not _vowels(value)
        scripted = self.value(1) == ")" and self.value(2)[:1] in ("_", "^", "ᵀ")
        product = (
            len(value) == 2 and value.isupper() and (scripted or self.grouped() or self.certain)
        )
        power = len(value) == 2 and self.value(1) == "^"
        counted = before is not None and before.lastgroup == "number" and few
        return counted or product or power or few and side and self.depth > 0 or self.pair(value)

    def grouped(self) -> bool:
        """Whether the word alone is in brackets beside a capital: `(AB)C`, `A(BC)`."""
        found = self.value(-1) == "(" and self.value(1) == ")"
        beside = [self.value(2), self.value(-2) if self.at > 1 else ""]
        found = found and any(len(each) == 1 and each.isupper() for each in beside)
        self.certain |= found
        return found

    def pair(self, value: str) -> bool:
        """Whether two small letters after a sign are a product: `y = mx + b`."""
        at = self.at - 1 - (self.at > 0 and self.tokens[self.at - 1].lastgroup == "space")
        signed = at > 0 and self.tokens[at].lastgroup in ("relation", "operator")
        plain = len(value) == 2 and value.isascii() and value not in _NOT_PRODUCTS
        return signed and self.letters > 0 and plain and (value.islower() or value.isupper())

    def is_word(self, first: bool) -> bool:
        """Whether `a` or `I` here is the article or pronoun: a word or a letter comes after it."""
        if self.kind(1) != "space":
            return False
        after = self.value(2)
        if len(after) == 1 and after not in _ARTICLES and self.kind(2) == "word":
            return first and self.value(4) not in _RELATIONS and self.value() != "A"
        if self.kind(2) == "word":
            return first or after not in _AFTER
        return first and self.kind(2) in ("number", "other")

    def function(self) -> str:
        """A named function with its argument."""
        name = self.take()
        base = ""
        if name == "log" and self.kind() == "number" and self.value(1) == "(":
            base = f"_{{{self.take()}}}"
        if self.value() == "(":
            plural = self.value(1) in ("s", "es") and self.value(2) == ")"
            counted = self.at > 2 and self.kind(-3) == "number" and name not in _BARE
            if plural or counted:
                raise _NotMathsError
            inside = self.bracket("(", ")")
            self.certain = True
            if name == "sqrt":
                return rf"\sqrt{{{_inner(inside)}}}"
            return _command(name) + base + inside
        if name not in _BARE or not self.skip_space() or self.kind() not in ("word", "number"):
            raise _NotMathsError
        return f"{_command(name)} {self.factor()}"

    def limit(self) -> str:
        """`lim x→0 f(x)` or `lim_(x→0) f(x)`."""
        self.take()
        if self.value() == "_":
            self.take()
            below = self.bracket(self.value(), ")}") if self.value() in ("(", "{") else ""
            below = below[1:-1]
        else:
            self.skip_space()
            below = self.factor() + self.joined_by(("→", "->"))
        self.skip_space()
        self.certain |= bool(below)
        body = self.term()
        while self.value() == "/" and self.kind(1) != "space":
            self.take()
            body = rf"\frac{{{_inner(body)}}}{{{_inner(self.factor())}}}"
        return rf"\lim_{{{below}}} {body}"

    def joined_by(self, signs: tuple[str, ...]) -> str:
        """One of these signs and the factor after it."""
        self.skip_space()
        if self.value() not in signs:
            raise _NotMathsError
        sign = _RELATIONS[self.take()]
        self.skip_space()
        return sign + self.factor()

    def applied(self, name: str) -> str:
        """The bracket right after a letter; `f(x)` is mathematics by itself."""
        primes = self.primes()
        if self.value() == "[" and name == "E":
            self.certain = True
            return self.bracket("[", "]")
        if self.value() != "(":
            return primes
        letters = self.letters
        inside = self.bracket("(", ")")
        if name in _APPLIED and (self.letters > letters or name in "OΘΩ"):
            self.certain = True
        return primes + inside

    def primes(self) -> str:
        """`'` after a letter, where an argument or an equals sign follows."""
        count = 0
        while self.value(count) == "'":
            count += 1
        spaced = self.kind(count) == "space"
        after = self.value(count + spaced)
        if not count or after not in ("=", "+", "-") and (spaced or after != "("):
            return ""
        self.at += count
        self.certain = True
        return "'" * count

    def derivative(self, top: str) -> str:
        """`dy/dx` or `d/dx`."""
        self.at += 2
        bottom = self.take()
        self.certain = True
        return rf"\frac{{{top}}}{{{bottom}}}"

    def bracket(self, opened: str, closed: str) -> str:
        """A bracket with one or more expressions in it."""
        if self.at not in self.brackets:
            raise _NotMathsError
        self.depth += 1
        self.take()
        parts = [self.expression()]
        while self.value() in (",", ";", "|", "∣"):
            parts.append(self.take().replace("|", r"\mid "))
            self.skip_space()
            parts.append(self.expression())
        if not self.value() or self.value() not in closed:
            raise _NotMathsError
        parts.append(self.take())
        self.depth -= 1
        return opened + "".join(parts)

    def bars(self) -> str:
        """An absolute value or a norm."""
        bar = self.value()
        twice = bar == "|" == self.value(1)
        sign = "|" if bar == "|" and not twice else r"\|"
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _NotMathsError
        for _ in range(1 + twice):
            self.take()
        letters, barred = self.letters, self.barred
        self.barred = True
        inside = self.expression()
        self.barred = barred
        for _ in range(1 + twice):
            if self.value() != bar:
                raise _NotMathsError
            self.take()
        self.depth -= 1
        self.certain |= self.letters > letters
        return rf"\left{sign}{inside}\right{sign}"

    def sign(self) -> str:
        """A sum, a quantifier, a differential or a sign like infinity."""
        value = self.value()
        if value in _SIGNS:
            self.take()
            return _SIGNS[value]
        if value not in _BIG and value not in "∀∃∂∇" or not value:
            raise _NotMathsError
        self.take()
        self.integral |= value == "∫"
        tex = value + " "
        while self.kind() in ("index", "raised", "lowered") or self.value() == "^":
            tex = self.postfix(tex)
        self.skip_space()
        tex += (
            self.expression() if value == "∫" else self.term() if value in _BIG else self.factor()
        )
        self.certain = True
        return tex

    def postfix(self, tex: str) -> str:
        """A power, an index, a factorial or primes."""
        kind, value = self.kind(), self.value()
        if kind in ("raised", "lowered"):
            self.take()
            self.certain = True
            return f"{tex}{'^' if kind == 'raised' else '_'}{{{plain(value)}}}"
        if kind == "index":
            if self.tokens[self.at - 1].lastgroup == "number":
                raise _NotMathsError
            return tex + self.index()
        if value == "!":
            return tex + self.factorial()
        if value == "_":
            return tex + self.bracketed_index()
        if value == "'":
            primes = self.primes()
            if not primes:
                raise _NotMathsError
            return tex + primes
        self.take()
        power = self.power()
        self.certain = True
        return f"{tex}^{{{power}}}"

    def index(self) -> str:
        """`_ij`, `_{n+1}`, `_max`; a longer word is a file's or a variable's name."""
        value = self.take()[1:]
        short = value.strip("{}")
        if not value.startswith("{") and not _INDEX.fullmatch(short) and short not in INDEX_WORDS:
            raise _NotMathsError
        self.certain = True
        self.letters += 1
        call = self.applied("")
        word = rf"\text{{{short}}}" if short in INDEX_WORDS else short
        return f"_{{{word}}}{call}"

    def bracketed_index(self) -> str:
        """`_(n+1)`."""
        self.take()
        if self.value() != "(":
            raise _NotMathsError
        self.certain = True
        return f"_{{{_inner(self.bracket('(', ')'))}}}"

    def factorial(self) -> str:
        """`n!`, where it is not the end of an exclamation."""
        before = self.tokens[self.at - 1][0]
        self.take()
        after = self.value(1) if self.kind() == "space" else self.value()
        goes_on = after in _OPERATORS or after in _RELATIONS or after == ")"
        if before not in ("n", "k", "m", ")") and not goes_on:
            raise _NotMathsError
        self.certain |= before in ("n", "k", "m")
        return "!"

    def power(self) -> str:
        """What stands after `^`: a number, a letter or a bracket, perhaps with a minus."""
        minus = self.take() if self.value() in ("-", "−") else ""
        if self.value() == "(":
            return minus + _inner(self.bracket("(", ")"))
        if self.value() == "{":
            inside = self.bracket("{", "}")
            return minus + inside[1:-1]
        if self.value() == "*":
            return self.take()
        if self.kind() == "number":
            return minus + self.take().replace(",", "")
        if self.kind() == "word" and (len(self.value()) == 1 or self.value() in _GREEK):
            self.letters += 1
            word = self.take()
            return minus + (rf"\{word} " if word in _GREEK else word)
        raise _NotMathsError


def _greek_product(word: str) -> bool:
    """Whether a word is letters side by side, Greek ones among Latin ones: `λx`, `UΣV`."""
    greek = [letter in GREEK for letter in word]
    return 1 < len(word) <= 4 and sum(greek) == 1 and (greek[0] or word.upper() == word)


def _derivative(reader: _Reader, top: str) -> bool:
    bottom = reader.value(2)
    if reader.value(1) != "/" or top[:1] != "d" or bottom[:1] != "d" or len(bottom) != 2:
        return False
    return len(top) <= 2


def _inner(bracket: str) -> str:
    """What is in round brackets."""
    return bracket[1:-1] if bracket[:1] == "(" and bracket[-1:] == ")" else bracket


def _command(name: str) -> str:
    return f"\\{name}" if name in _COMMANDS else rf"\operatorname{{{name}}}"


def _vowels(word: str) -> bool:
    return bool(set(word.lower()) & set("eou"))


def _ends_well(text: str, end: int) -> bool:
    """Whether a formula may end here: before a space, punctuation or the end."""
    after = text[end : end + 2]
    if not after or after[0].isspace():
        return True
    if after[0] in ",;:?!)]}\"'”’…—–-" or after[0] == ".":
        return not after[1:].isalnum() or after[0] in ")-–—"
    return False


def _starts_well(text: str, start: int) -> bool:
    """Whether a formula may start here: not inside a word, path, price or option."""
    if start == 0:
        return True
    before = text[start - 1]
    return before.isspace() or before in "([{\"'“‘—–"


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and TeX of each plain formula that is certain."""
    if not SIGN.search(text):
        return
    found = list(_formulas(text))
    yield from sorted([*found, *_multiples(text, found)])


def _multiples(text: str, formulas: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """`2x` where x is a variable of another formula; elsewhere it is twice as much."""
    if not any(_VARIABLE.search(tex) for _, _, tex in formulas):
        return
    for match in _MULTIPLE.finditer(text):
        if not any(start <= match.start() < end for start, end, _ in formulas):
            yield *match.span(), match[0]


def _formulas(text: str) -> Iterator[tuple[int, int, str]]:
    tokens = list(_TOKEN.finditer(text))
    brackets = _closed(tokens)
    at = 0
    while at < len(tokens):
        token = tokens[at]
        found = None
        if _may_start(token) and _starts_well(text, token.start()):
            found = _Reader(text, tokens, brackets, at).formula()
        if found is not None:
            yield token.start(), found.end, found.tex
        end = found.end if found else _end_of_quantity(text, token)
        at += 1
        while at < len(tokens) and tokens[at].start() < end:
            at += 1


def _closed(tokens: list[re.Match[str]]) -> frozenset[int]:
    """The opening brackets that are closed and hold few enough others."""
    opened: list[list[int]] = []
    closed: set[int] = set()
    for at, token in enumerate(tokens):
        if token[0] in ("(", "[", "{", *_ROUNDED):
            opened.append([at, 1])
        elif token[0] in (")", "]", "}", *_ROUNDED.values()) and opened:
            start, height = opened.pop()
            closed |= {start} if height <= _DEEPEST else set()
            if opened:
                opened[-1][1] = max(opened[-1][1], height + 1)
    return frozenset(closed)


def _may_start(token: re.Match[str]) -> bool:
    """Whether a formula could start with the token: most words and signs cannot."""
    kind, value = token.lastgroup, token[0]
    if kind == "word":
        return len(value) <= 3 or value in _FUNCTIONS or value in _GREEK
    return kind == "number" or value in _STARTS


def _end_of_quantity(text: str, token: re.Match[str]) -> int:
    """Where a number with its unit ends, as `m²` after it is a unit too."""
    unit = _QUANTITY.match(text, token.end()) if token.lastgroup == "number" else None
    return unit.end() if unit else token.end()
