"""A small grammar that reads the longest formula of plain text from a place.

A formula counts only with evidence that prose, file names and options do not give: a power, an
index on a single letter, an equation, `f(x)`.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from dataclasses import dataclass, field

from narrate.reading.mathematics.symbols import GREEK, INDEX_WORDS
from narrate.reading.mathematics.unicode import plain
from narrate.reading.mathematics.vocabulary import (
    ACCENTS,
    AFTER,
    APPLIED,
    ARTICLES,
    BARE,
    BARS,
    BIG,
    COMMANDS,
    DEEPEST,
    FUNCTIONS,
    GREEK_LETTERS,
    GREEK_NAMES,
    INDEX,
    LONGEST,
    NAMES,
    NOT_PRODUCTS,
    OPERATORS,
    POSTFIXES,
    QUANTITY,
    RELATIONS,
    ROUNDED,
    SETS,
    SIGNS,
    UNKNOWNS,
)


@dataclass(slots=True)
class Formula:
    """A formula read so far: its TeX, where it ends, and whether it is certain."""

    tex: str
    end: int
    certain: bool


class NotMathsError(Exception):
    """What comes here is no part of a formula."""


@dataclass(slots=True)
class Grammar:
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
    ends: list[Formula] = field(default_factory=list)

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
        if self.steps > LONGEST:
            raise NotMathsError
        return value

    def skip_space(self) -> bool:
        """Go over one space, and say whether there was one."""
        spaced = self.kind() == "space"
        self.at += spaced
        return spaced

    def formula(self) -> Formula | None:
        """The longest formula here that is certain and ends where a word may."""
        with contextlib.suppress(NotMathsError):
            self.expression(top=True)
        for found in reversed(self.ends):
            if found.certain and ends_well(self.text, found.end):
                return found
        return None

    def note(self, tex: str) -> None:
        """Remember that a formula may end here."""
        end = self.tokens[self.at - 1].end()
        self.ends.append(Formula(tex, end, self.certain))

    def expression(self, top: bool = False) -> str:
        """Terms with signs and relations between them."""
        done, term = "", self.term(first=True)
        while True:
            if top:
                self.note(done + term)
            start = self.at
            try:
                sign, after = self.joined()
            except NotMathsError:
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
            raise NotMathsError
        operator = self.take()
        self.skip_space()
        term = self.factor() + self.factors(spaced=False) if operator == "/" else self.term()
        letter = letters > 0 or self.letters > letters
        self.certain |= self.proves(kind, operator, letter, spaced)
        return (RELATIONS if kind == "relation" else OPERATORS)[operator], term

    def proves(self, kind: str, operator: str, letters: bool, spaced: bool) -> bool:
        """Whether a sign between two terms makes them a formula."""
        if operator in ("->", "=>", "→", "⇒", "⇔"):
            number = self.kind(-1) == "number" or self.value(-1) in ("∞", "infinity")
            return letters and number
        if kind == "relation":
            return letters or operator == "="
        if operator == "/":
            return self.reciprocal()
        if operator in "-−" and not spaced:
            # Not "4K-8K", but `3x-7`.
            sign = self.tokens[self.at - 2].start()
            return re.fullmatch(r"\d[nxyz]", self.text[max(0, sign - 2) : sign]) is not None
        return operator in "+*×·⋅∪∩∘⊗⊕⊙±" and (letters or spaced and operator in "+*")

    def reciprocal(self) -> bool:
        """Whether `1/x` or `Δy/Δx` has just been read."""
        top, bottom = self.value(-3), self.value(-1)
        differences = top[:1] == bottom[:1] == "Δ" and len(top) == len(bottom) == 2
        counted = self.at > 2 and self.kind(-3) == "number" and len(top) < 3
        return differences or counted and bottom in UNKNOWNS

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
            except NotMathsError:
                self.at = start
                return tex

    def next_factor(self, allowed: bool) -> str:
        """One more factor; after a space, not a letter that is a word as well."""
        spaced = self.skip_space()
        if spaced and not allowed:
            raise NotMathsError
        beside = self.value() in BARS and self.value() == self.value(-1) and not self.barred
        if not beside and (
            self.kind() not in ("word", "other") or self.value() in ("'", "!", *BARS, "-")
        ):
            raise NotMathsError
        scripted = self.kind(1) in ("index", "raised", "lowered") or self.value(1) in ("^", "_")
        if spaced and (self.value() == "(" or self.value() in ARTICLES and not scripted):
            raise NotMathsError
        return (" " if spaced else "") + self.factor()

    def factor(self, first: bool = False) -> str:
        """A number, letter, function or bracket with its powers and indices."""
        if self.value() in ("-", "−") and self.kind(1) != "space":
            return self.take() + self.factor()
        tex = self.base(first)
        while self.kind() in ("raised", "lowered", "index") or self.value() in POSTFIXES:
            tex = self.postfix(tex)
        if self.value() == "*" and self.value(1) in (*BARS, ")", "]"):
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
        if kind == "vulgar":
            top, _, bottom = unicodedata.normalize("NFKC", self.take()).partition("⁄")
            return rf"\frac{{{top}}}{{{bottom}}}"
        if kind == "dots":
            self.take()
            return r"\dots "
        if value == "(":
            return self.bracket("(", ")]" if self.is_set() else ")")
        if value in ROUNDED:
            tex = self.bracket(value, ROUNDED[value])
            self.certain = True
            return tex
        if value in ("[", "{") and self.is_set():
            return self.set()
        if value in BARS and self.kind(1) != "space":
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
            raise NotMathsError
        unit = QUANTITY.match(self.text, self.tokens[self.at - 1].end())
        if unit and (unit[0][0] == " " or "/" in unit[1]):
            return tex + self.unit(unit)
        if self.value() == "%":
            self.take()
            tex += r"\%"
        if self.value() == "°" and self.kind(1) != "word":
            self.take()
            tex += r"^\circ "
        return tex

    def unit(self, found: re.Match[str]) -> str:
        """A unit as upright letters."""
        while self.at < len(self.tokens) and self.tokens[self.at].start() < found.end():
            self.take()
        if self.tokens[self.at - 1].end() != found.end():
            raise NotMathsError
        power = found[2] or plain(found[3] or "")
        parts = found[1].split("/")
        upright = "/".join(rf"\mathrm{{{part}}}" for part in parts)
        return rf"\,{upright}" + (f"^{{{power}}}" if power else "")

    def word(self, first: bool) -> str:
        """A letter, letters side by side, a Greek letter's name, or a function."""
        value = self.value()
        if value == "lim":
            return self.limit()
        if value in FUNCTIONS:
            return self.function()
        if value == "Σ" and self.is_sum():
            return self.sign()
        if value in GREEK_NAMES:
            self.take()
            self.letters += 1
            return NAMES.get(value, rf"\{value} ")
        if value in SETS:
            self.take()
            self.certain = True
            return value
        if _derivative(self, value):
            return self.derivative(value)
        letter, *marks = list(unicodedata.normalize("NFD", value))
        if len(marks) == 1 and marks[0] in ACCENTS and self.kind(1) in ("index", "lowered"):
            self.take()
            self.letters += 1
            return rf"\{ACCENTS[marks[0]]}{{{letter}}}"
        if not self.is_letters(value):
            raise NotMathsError
        if value in ARTICLES and self.is_word(first):
            raise NotMathsError
        element = self.is_set() and value in ("R", "Z") and self.value(1) == "^"
        self.take()
        self.letters += 1
        if element:
            return rf"\mathbb{{{value}}}"
        if self.value() in ACCENTS:
            accent = ACCENTS[self.take()]
            return rf"\{accent}{{{value}}}" + self.numbered(value) + self.applied(value)
        return value + self.numbered(value) + self.applied(value)

    def numbered(self, name: str) -> str:
        """The index of `v0` or `m12`."""
        if name == "x" and self.at > 1 and self.kind(-2) == "number" == self.kind():
            raise NotMathsError  # A size, such as `28x28`.
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
        counted = before is not None and before.lastgroup in ("number", "vulgar") and few
        return counted or product or power or few and side and self.depth > 0 or self.pair(value)

    def is_sum(self) -> bool:
        """Whether `Σ` here is a sum: it has limits, or a bracket after it, or `=` before it."""
        beside = self.value(1) in ("(", "√", *BARS) or self.kind(1) == "number"
        bracket = beside or self.kind(1) == "space" and self.value(2) == "("
        limits = self.kind(1) in ("index", "lowered") or self.value(1) == "_"
        spaced = self.at > 1 and self.kind(-1) == "space"
        signed = self.at > 0 and (self.value(-1) in ("-", "−") or spaced and self.relates(-2))
        return bracket or limits or signed and self.kind(1) == "space"

    def relates(self, ahead: int) -> bool:
        """Whether a token is a relation."""
        return self.kind(ahead) == "relation"

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
        plain = value.isascii() and value not in NOT_PRODUCTS
        equated = self.kind(1) == "space" and self.value(2) in ("=", "≠")
        if equated and len(value) == 2 and value[0].isupper() and value[1] in "xyzv":
            return True
        applied = self.value(-1) == "(" and value[1:] in ("x", "y", "z") and value[0].isupper()
        two = len(value) == 2 and (value.islower() or value.isupper() or value[1] in "dxyz")
        three = len(value) == 3 and value.islower() and not set(value) & set("aeiouy")
        raised = self.kind(1) == "raised" or self.value(1) == "^"
        four = len(value) <= 4 and value.isupper() and raised
        if self.at > 0 and self.kind(-1) == "raised" and len(value) == 2 and value[0].isupper():
            return True
        last = value in ("at", "as") and (not self.kind(1) or self.value(1) in (".", ",", ";"))
        if last and signed:
            return True
        return self.letters > 0 and plain and (signed and (two or three or four) or applied)

    def is_word(self, first: bool) -> bool:
        """Whether `a` or `I` here is the article or pronoun: a word or a letter comes after it."""
        if self.kind(1) != "space":
            return False
        after = self.value(2)
        if len(after) == 1 and after not in ARTICLES and self.kind(2) == "word":
            return first and self.value(4) not in RELATIONS and self.value() != "A"
        if self.kind(2) == "word":
            return first or after not in AFTER
        return first and self.kind(2) in ("number", "other")

    def function(self) -> str:
        """A named function with its argument."""
        name = self.take()
        base = ""
        if name == "log" and self.kind() == "number" and self.value(1) == "(":
            base = f"_{{{self.take()}}}"
        if name == "log" and self.kind() == "lowered":
            base = self.postfix("")
        if name == "log" and self.kind() == "index":
            base = f"_{{{self.take()[1:].strip('{}')}}}"
        if (name in BARE or name == "sec") and (self.kind() == "raised" or self.value() == "^"):
            base = self.postfix(base)
            if self.kind() == "word":
                return f"{_command(name)}{base} {self.factor()}"
        if self.value() == "(":
            plural = self.value(1) in ("s", "es") and self.value(2) == ")"
            counted = self.at > 2 and self.kind(-3) == "number" and name not in BARE
            if plural or counted:
                raise NotMathsError
            inside = self.bracket("(", ")")
            self.certain = True
            if name == "sqrt":
                return rf"\sqrt{{{_inner(inside)}}}"
            return _command(name) + base + inside
        if name not in BARE or not self.skip_space() or self.kind() not in ("word", "number"):
            raise NotMathsError
        # "cos θ" is no prose, as "log in" and "tan lines" are.
        self.certain |= self.value()[:1] in GREEK_LETTERS
        return f"{_command(name)}{base} {self.factor()}"

    def limit(self) -> str:
        """`lim x→0 f(x)` or `lim_(x→0) f(x)`."""
        self.take()
        if self.value() == "_":
            self.take()
            below = self.bracket(self.value(), ")}") if self.value() in ("(", "{") else ""
            below = below[1:-1]
        elif self.value() == "(":
            below = _inner(self.bracket("(", ")"))
        else:
            self.skip_space()
            below = self.factor() + self.joined_by(("→", "->"))
        self.skip_space()
        self.certain |= bool(below)
        return rf"\lim_{{{below}}} {self.over(self.term())}"

    def over(self, body: str) -> str:
        """The body of a limit or sum with what it is divided by."""
        while self.value() == "/" and self.kind(1) != "space":
            self.take()
            body = rf"\frac{{{_inner(body)}}}{{{_inner(self.factor())}}}"
        return body

    def joined_by(self, signs: tuple[str, ...]) -> str:
        """One of these signs and the factor after it."""
        self.skip_space()
        if self.value() not in signs:
            raise NotMathsError
        sign = RELATIONS[self.take()]
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
        if inside[1:-1].lstrip("\\").strip() in GREEK_LETTERS and name.isalpha():
            self.certain = True
        if name in APPLIED and (self.letters > letters or name in "OΘΩ"):
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
        self.letters += 1
        bottom = self.take()
        self.certain = True
        return rf"\frac{{{top}}}{{{bottom}}}"

    def partial(self) -> str:
        """`∂L/∂w`."""
        top, bottom = self.value(1), self.value(4)
        if not (len(top) == len(bottom) == 1 and top.isalpha() and bottom.isalpha()):
            raise NotMathsError
        for _ in range(5):
            self.take()
        self.letters += 1
        self.certain = True
        return rf"\frac{{\partial {top}}}{{\partial {bottom}}}"

    def bracket(self, opened: str, closed: str) -> str:
        """A bracket with one or more expressions in it."""
        if self.at not in self.brackets:
            raise NotMathsError
        self.depth += 1
        self.take()
        parts = [self.expression()]
        while self.value() in (",", ";", "|", "∣", "‖", "∥"):
            bar = {"|": r"\mid ", "‖": r"\parallel ", "∥": r"\parallel "}
            sign = self.take()
            parts.append(bar.get(sign, sign))
            self.skip_space()
            parts.append(self.expression())
        if not self.value() or self.value() not in closed:
            raise NotMathsError
        parts.append(self.take())
        self.depth -= 1
        return opened + "".join(parts)

    def bars(self) -> str:
        """An absolute value or a norm."""
        bar = self.value()
        twice = bar == "|" == self.value(1)
        sign = "|" if bar == "|" and not twice else r"\|"
        self.depth += 1
        if self.depth > DEEPEST:
            raise NotMathsError
        for _ in range(1 + twice):
            self.take()
        letters, barred = self.letters, self.barred
        self.barred = True
        inside = self.expression()
        self.barred = barred
        for _ in range(1 + twice):
            if self.value() != bar:
                raise NotMathsError
            self.take()
        self.depth -= 1
        self.certain |= self.letters > letters
        return rf"\left{sign}{inside}\right{sign}"

    def sign(self) -> str:
        """A sum, a quantifier, a differential or a sign like infinity."""
        value = self.value()
        if value in SIGNS:
            self.take()
            return SIGNS[value]
        if value not in BIG and value not in "∀∃∂∇Σ" or not value:
            raise NotMathsError
        if value == "∂" and (self.value(2), self.value(3)) == ("/", "∂"):
            return self.partial()
        self.take()
        value = value.replace("Σ", "∑")
        self.integral |= value == "∫"
        tex = value + " "
        while self.kind() in ("index", "raised", "lowered") or self.value() == "^":
            tex = self.postfix(tex)
        self.skip_space()
        if value == "∫":
            tex += self.expression()
        else:
            tex += self.over(self.term()) if value in BIG else self.factor()
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
                raise NotMathsError
            return tex + self.index()
        if value == "!":
            return tex + self.factorial()
        if value == "_":
            return tex + self.bracketed_index()
        if value == "'":
            primes = self.primes()
            if not primes:
                raise NotMathsError
            return tex + primes
        self.take()
        power = self.power()
        self.certain = True
        return f"{tex}^{{{power}}}"

    def index(self) -> str:
        """`_ij`, `_{n+1}`, `_max`; a longer word is a file's or a variable's name."""
        value = self.take()[1:]
        short = value.strip("{}")
        if not value.startswith("{") and not INDEX.fullmatch(short) and short not in INDEX_WORDS:
            raise NotMathsError
        self.certain = True
        self.letters += 1
        call = self.applied("")
        word = rf"\text{{{short}}}" if short in INDEX_WORDS else short
        return f"_{{{word}}}{call}"

    def bracketed_index(self) -> str:
        """`_(n+1)`."""
        self.take()
        if self.value() != "(":
            raise NotMathsError
        self.certain = True
        return f"_{{{_inner(self.bracket('(', ')'))}}}"

    def factorial(self) -> str:
        """`n!`, where it is not the end of an exclamation."""
        before = self.tokens[self.at - 1][0]
        self.take()
        after = self.value(1) if self.kind() == "space" else self.value()
        goes_on = after in OPERATORS or after in RELATIONS or after in (")", "(")
        if before not in ("n", "k", "m", ")") and not goes_on:
            raise NotMathsError
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
        if self.value() in SIGNS:
            return minus + SIGNS[self.take()]
        if self.kind() == "number":
            return minus + self.take().replace(",", "")
        if self.kind() == "word" and (len(self.value()) == 1 or self.value() in GREEK_NAMES):
            self.letters += 1
            word = self.take()
            return minus + (NAMES.get(word, rf"\{word} ") if word in GREEK_NAMES else word)
        raise NotMathsError


def _greek_product(word: str) -> bool:
    """Whether a word is letters side by side, Greek ones among Latin ones: `λx`, `UΣV`."""
    greek = [letter in GREEK for letter in word]
    product = greek[0] or word.upper() == word or len(word) == 2 or not set(word) & set("aeiouy")
    return 1 < len(word) <= 4 and sum(greek) == 1 and product


def _derivative(reader: Grammar, top: str) -> bool:
    bottom = reader.value(2)
    if reader.value(1) != "/" or top[:1] != "d" or bottom[:1] != "d" or len(bottom) != 2:
        return False
    return len(top) <= 2


def _inner(bracket: str) -> str:
    """What is in round brackets."""
    return bracket[1:-1] if bracket[:1] == "(" and bracket[-1:] == ")" else bracket


def _command(name: str) -> str:
    return f"\\{name}" if name in COMMANDS else rf"\operatorname{{{name}}}"


def _vowels(word: str) -> bool:
    return bool(set(word.lower()) & set("eou"))


def ends_well(text: str, end: int) -> bool:
    """Whether a formula may end here: before a space, punctuation or the end."""
    after = text[end : end + 2]
    if not after or after[0].isspace():
        return True
    if after[0] in ",;:?!)]}\"'”’…—–-" or after[0] == ".":
        return not after[1:].isalnum() or after[0] in ")-–—"
    return False
