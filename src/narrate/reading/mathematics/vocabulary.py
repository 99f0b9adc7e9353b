"""What plain mathematics is written with: tokens, relations, operators and names."""

from __future__ import annotations

import re

from narrate.reading.mathematics.symbols import GREEK, UNITS
from narrate.reading.mathematics.unicode import SUBSCRIPTS, SUPERSCRIPTS

SCRIPTS = SUPERSCRIPTS + SUBSCRIPTS
VULGAR = "½⅓⅔¼¾"
ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0307": "dot"}
RELATIONS = {
    "<=": r"\le ",
    ">=": r"\ge ",
    "!=": r"\ne ",
    "==": "=",
    "->": r"\to ",
    "=>": r"\Rightarrow ",
    "~": r"\sim ",
    "←": r"\leftarrow ",
    **{sign: sign for sign in "=<>≤≥≠≈≡∈∉⊂⊆∼→⇒⇔∝"},
}
OPERATORS = {"*": r"\cdot ", "**": "^", "-": "-", **{sign: sign for sign in "+/−×·⋅÷±∪∩∘⊗⊕⊙∖∧∨"}}
TOKEN = re.compile(
    rf"""
    (?P<space>[ ]+)
    | (?P<ordinal>\d+(?:st|nd|rd|th)(?!\w))
    | (?P<number>\d+(?:,\d\d\d(?!\d))*(?:\.\d+)?)
    | (?P<raised>[{SUPERSCRIPTS}]+)
    | (?P<lowered>[{SUBSCRIPTS}]+)
    | (?P<vulgar>[{VULGAR}])
    | (?P<word>(?:(?![{SCRIPTS}{VULGAR}])[^\W\d_])+)
    | (?P<index>_(?:\{{[\w,+\-−= ]{{1,20}}\}}|[A-Za-z0-9]{{1,6}}|[α-ω]))
    | (?P<relation><=|>=|!=|==|->|=>|~(?=[ ][A-Z]\()|[=<>≤≥≠≈≡∈∉⊂⊆∼→←⇒⇔∝])
    | (?P<operator>\*\*|[+\-−*/×·⋅÷±∪∩∘⊗⊕⊙∖∧∨])
    | (?P<dots>\.\.\.|[…⋯])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# `_ij`, `_12`, `_1n`, `_ijk`; what is longer is a part of a variable's name.
INDEX = re.compile(r"[A-Za-z0-9]{1,2}|[α-ω]|\d{3}|[ijklmn]{3}")
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
QUANTITY = re.compile(
    rf" ?((?:{_UNIT})(?:/(?:{_UNIT}))?)(?:\^?(-?\d)|([²³⁻¹]+))?(?![\w(^²³]| [b-wyz]\b)"
)
_FUNCTION_NAMES = """
    sin cos tan sec csc cot arcsin arccos arctan sinh cosh tanh log ln exp sqrt max min arg det sum
    prod rank tr gcd lcm dim Var Cov softmax sigmoid logit
"""
_COMMAND_NAMES = "sin cos tan sec csc cot sinh cosh tanh log ln exp max min arg det gcd dim"
FUNCTIONS = frozenset(_FUNCTION_NAMES.split())
COMMANDS = frozenset(_COMMAND_NAMES.split())
BARE = {"sin", "cos", "tan", "log", "ln", "csc", "cot", "sinh", "cosh", "tanh"}
GREEK_NAMES = frozenset(GREEK.values()) | {"infinity", "eps"}
GREEK_LETTERS = frozenset(GREEK)
NAMES = {"infinity": r"\infty ", "eps": r"\epsilon "}
APPLIED = frozenset("fghFGHPTOpqΘΩφψσΓ")
SIGNS = {"∞": r"\infty ", "∅": r"\emptyset "}
SETS = frozenset("ℝℕℤℚℂ")
BARS = ("|", "‖", "∥")
UNKNOWNS = frozenset("nNxyzt")
ROUNDED = {"⌈": "⌉", "⌊": "⌋"}
POSTFIXES = ("^", "**", "!", "'", "_")
BIG = frozenset("∑∏∫⋃⋂")
ARTICLES = frozenset("aAI")
_AFTER_WORDS = "and or for where if then is are has on in with when as at to by of"
AFTER = frozenset(_AFTER_WORDS.split())
_SHORT_WORDS = "am an as at be by do go he hi if in is it me my no of oh ok on or so to up us we"
NOT_PRODUCTS = frozenset(_SHORT_WORDS.split())

DEEPEST, LONGEST = 12, 200
