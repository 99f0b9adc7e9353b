"""One factor of a product with what belongs to it: `f(x)`, `\\sin x`, `\\sum a_k`, `\\nabla f`."""

from __future__ import annotations

from typing import TypeGuard

from msgspec.structs import replace

from narrate.reading.mathematics import fractions, letters, lists, scripts, units
from narrate.reading.mathematics.limits import limits
from narrate.reading.mathematics.phrase import Level, Phrase, joined, listed
from narrate.reading.mathematics.speaker import Speaker
from narrate.reading.mathematics.symbols import (
    BIG,
    FUNCTIONS,
    RELATIONS,
    SIGNS,
)
from narrate.reading.mathematics.tree import (
    Big,
    Choose,
    Fence,
    Fraction,
    Function,
    Mark,
    Name,
    Node,
    Number,
    Root,
    Row,
    Script,
    Symbol,
    Table,
    Word,
    bare,
    base,
    items,
    sign,
    walk,
)

Items = tuple[Node, ...]

# Letters that are functions before a bracket, unless the formula says otherwise.
_FUNCTION_LETTERS = frozenset("fghFGHLPTOΘΩoφϕψΦΨσρμζΓχδ")
_JOINING = "if otherwise else for and or where when is with such that then so the subject to all"
_CONNECTIVES = frozenset(_JOINING.split())
_ORDERS = {"O": "big O", "o": "little o"}
_LIMITED = {"lim", "max", "min", "sup", "inf", "arg max", "argmax", "arg min", "argmin"}
_LIMITED |= {"lim sup", "lim inf", "limsup", "liminf"}
_PREFIXES = {"¬": "not", "∂": "partial", "#": "the number of", "∠": "angle", "√": "the square root"}
_MONEY = {"$": "dollars", "£": "pounds", "€": "euros"}
_PARTS = {"ℜ": "the real part", "ℑ": "the imaginary part"}
_FACTORIAL = Symbol("!", "close")
_POSTFIXES = {"!": "factorial", "%": "percent", "°": "degrees", "‰": "per mille"}


def factor(s: Speaker, row: Items, at: int) -> tuple[Phrase, int]:
    """The phrase of the factor that starts here, and where the next one starts."""
    said, at = _factor(s, row, at)
    while at < len(row) and _postfix(row[at]):
        if row[at : at + 2] == (_FACTORIAL, _FACTORIAL):
            said, at = Phrase(said.then("double factorial"), said.level), at + 2
        else:
            said, at = _after(s, said, row[at]), at + 1
    return said, at


def _postfix(node: Node) -> bool:
    end = node.base if isinstance(node, Script) else node
    return isinstance(end, Symbol) and end.text in _POSTFIXES


def _after(s: Speaker, said: Phrase, node: Node) -> Phrase:
    if isinstance(node, Script):
        return _raised(s, said, node)
    assert isinstance(node, Symbol)
    return Phrase(said.then(_POSTFIXES[node.text]), said.level)


def _raised(s: Speaker, said: Phrase, node: Script) -> Phrase:
    assert isinstance(node.base, Symbol)
    whole = Phrase(said.then(_POSTFIXES[node.base.text]), said.level, open=True)
    return scripts.raised(s, whole, node.base, node.sup)


def _factor(s: Speaker, row: Items, at: int) -> tuple[Phrase, int]:
    node = row[at]
    rest = row[at + 1 :]
    core = base(node)
    if isinstance(core, Big) or isinstance(core, Function) and _takes_all(node, core, rest):
        return _limited(s, node, rest), len(row)
    if isinstance(core, Function):
        return _function(s, node, row, at + 1)
    if rest and isinstance(base(rest[0]), Fence) and is_applied(s, node, rest[0]):
        return apply(s, node, rest[0]), at + 2
    if isinstance(node, Fraction):
        operator = fractions.derivative(s, node)
        if operator and not operator.subject and rest and not s.exact:
            body = s.say(Row(rest))
            return Phrase(f"{operator.words} of {body.words}", Level.PRODUCT, open=True), len(row)
        if operator and operator.subject and rest and not s.exact and _is_place(rest[0]):
            where = _arguments(s, rest[0])
            return Phrase(f"{operator.said} at {where}", Level.PRODUCT, open=True), at + 2
    if sign(core, "∇") and rest:
        return _nabla(s, node, row, at)
    if isinstance(node, Symbol) and rest and _prefix(node):
        return _prefixed(s, node, row, at)
    if isinstance(node, Number) or isinstance(node, Script) and isinstance(node.base, Number):
        return units.quantity(s, row, at)
    return s.say(node), at + 1


def _is_place(node: Node) -> TypeGuard[Fence]:
    """Whether a bracket after a derivative says where it is taken."""
    return isinstance(node, Fence) and node.open == "(" and _argued(Name("f"), node)


def _prefix(node: Symbol) -> bool:
    return (
        node.text in SIGNS or node.text in _MONEY or node.text in _PREFIXES or node.text in _PARTS
    )


def _prefixed(s: Speaker, node: Symbol, row: Items, at: int) -> tuple[Phrase, int]:
    inside, after = factor(s, row, at + 1)
    if node.text in _MONEY:
        return Phrase(f"{inside.words} {_MONEY[node.text]}", inside.level, inside.open), after
    word = SIGNS.get(node.text) or _PREFIXES.get(node.text) or f"{_PARTS[node.text]} of"
    return Phrase(f"{word} {inside.words}", inside.level, inside.open), after


def _nabla(s: Speaker, node: Node, row: Items, at: int) -> tuple[Phrase, int]:
    """The gradient, divergence, curl or Laplacian of what follows."""
    after = row[at + 1]
    word, skip = "the gradient", 1
    if sign(after, "⋅", "·", "×") and at + 2 < len(row):
        word, skip = ("the curl" if sign(after, "×") else "the divergence"), 2
    if isinstance(node, Script) and bare(node.sup) == Number("2"):
        word = "the Laplacian"
    elif isinstance(node, Script) and node.sup is not None:
        return s.say(node), at + 1
    if isinstance(node, Script) and node.sub is not None:
        word += f" with respect to {listed([s.say(n).words for n in _parts(node.sub)])}"
    inside, end = factor(s, row, at + skip)
    return Phrase(f"{word} of {inside.words}", Level.TERM, open=True), end


def _parts(node: Node) -> list[Node]:
    return [item for item in items(node) if not sign(item, ",")]


def _takes_all(node: Node, core: Function, rest: Items) -> bool:
    """Whether a function's body is all that follows: `\\lim`, `\\max_x`."""
    scripted = isinstance(node, Script) and node.sub is not None
    return core.text in _LIMITED and bool(rest) and (scripted or core.text.startswith("lim"))


def _limited(s: Speaker, node: Node, rest: Items) -> Phrase:
    """A sum, product, integral or limit with its body."""
    core = base(node)
    assert isinstance(core, Big | Function)
    head = headed(s, node)
    if not rest:
        return Phrase(head, open=True)
    body = s.say(rest[0]) if len(rest) == 1 else s.say(Row(rest))
    if len(rest) == 1 and not core.text.startswith("lim"):
        body = replace(s, beside=True).say(rest[0])
    return Phrase(f"{head} of {body.words}", Level.PRODUCT, open=True)


def headed(s: Speaker, node: Node) -> str:
    """A sign's name with its limits: "the sum from k equals one to n"."""
    core = base(node)
    assert isinstance(core, Big | Function)
    known = BIG if isinstance(core, Big) else FUNCTIONS
    if core.text not in known:
        raise s.fail(f"no words for the sign '{core.text}'", core.text)
    return known[core.text] + (limits(s, core.text, node) if isinstance(node, Script) else "")


def _function(s: Speaker, node: Node, row: Items, at: int) -> tuple[Phrase, int]:
    """A named function with its argument, in brackets or not."""
    head = function(s, node)
    core = base(node)
    assert isinstance(core, Function)
    if at < len(row) and isinstance(base(row[at]), Fence):
        return _applied(s, head, row[at], _of(head, row[at])), at + 1
    if at < len(row) and isinstance(base(row[at]), Function | Big):
        inside, end = factor(s, row, at)
    else:
        end = at + _implicit(s, core, row[at:])
        inside = s.say(Row(row[at:end]))
        if inside.level == Level.FRACTION and "," in inside.words:
            inside = s.quantity(inside)
    if end == at:
        return Phrase(head), at
    alone = head == "log" and end == at + 1 and not inside.words.startswith("the ")
    of = "" if alone else "of"
    return Phrase(joined(head, of, inside.words), Level.TERM, open=True), end


def _implicit(s: Speaker, core: Function, row: Items) -> int:
    """How many of the nodes after a function are its argument."""
    if len(row) > 1 and isinstance(base(row[1]), Fence) and is_applied(s, row[0], row[1]):
        return 2
    count = 0
    while count < len(row) and isinstance(
        base(row[count]), Name | Number | Root | Fraction | Table | Word
    ):
        count += 1
    plain = core.text in ("sin", "cos", "tan", "cot", "sec", "csc", "log", "ln", "exp")
    return count if plain else min(count, 1)


def function(s: Speaker, node: Node) -> str:
    """A function's name with its scripts: "sine squared", "log base two"."""
    core = base(node)
    assert isinstance(core, Function)
    name = FUNCTIONS.get(core.text, core.text)
    if not isinstance(node, Script):
        return name
    if bare(node.sup) == Row((Symbol("−", "bin"), Number("1"))):
        return f"inverse {name}"
    if core.text in _LIMITED:
        return name + limits(s, core.text, node)
    if core.text in ("log", "lg") and node.sub is not None:
        name += f" base {s.say(node.sub).words}"
        node = replace(node, sub=None)
    return s.say(replace(node, base=Word(name))).words


def apply(s: Speaker, node: Node, fence: Node) -> Phrase:
    """A letter or word as a function of what is in the brackets."""
    core = base(node)
    inside = base(fence)
    assert isinstance(inside, Fence)
    if isinstance(core, Name) and core.text in ("E", "P") and not isinstance(node, Mark):
        special = _chance(s, node, core, inside)
        if special:
            return _applied(s, special, fence, _of(special, inside))
    if isinstance(core, Word):
        return _applied(s, FUNCTIONS.get(core.text) or s.say(node).words, fence)
    if isinstance(core, Fence) and not isinstance(node, Script):
        words = s.say(node).words if s.exact else f"{s.say(core.inside).words},"
        return _applied(s, words, fence)
    if isinstance(core, Name) and core.variant == "calligraphic" and core.text == "N":
        normal = _normal(s, inside)
        if normal:
            return normal
    head = s.say(node).words
    return _applied(s, _ORDERS.get(head, head), fence)


def _normal(s: Speaker, inside: Fence) -> Phrase | None:
    """`\\mathcal{N}(μ, σ^2)`."""
    parts = arguments(s, inside)
    if len(parts) != 2 or s.exact:
        return None
    words = f"the normal distribution with mean {parts[0]} and variance {parts[1]}"
    return Phrase(words, Level.PRODUCT, open=True)


def _chance(s: Speaker, node: Node, core: Name, inside: Fence) -> str:
    """ "the probability" or "the expected value" where the letter means that."""
    if core.text == "E":
        sure = core.variant == "double-struck" or inside.open == "["
        word = "the expected value" if sure else ""
    else:
        chance = core.variant == "double-struck" or not core.variant and _event(inside)
        word = "the probability" if chance else ""
    if word and isinstance(node, Script):
        if node.sup is not None:
            return ""
        word += limits(s, "E", node)
    return word


def _event(inside: Fence) -> bool:
    """Whether a bracket holds an event: `A`, `A ∩ B`, `X = x`, `A | B`."""
    content = inside.inside.items
    signs = [item for item in content if isinstance(item, Symbol)]
    told = any(item.text in "∣∩∪¬" or item.text in RELATIONS for item in signs)
    return told or bool(content) and all(letters.is_upper(base(item)) for item in content)


def _applied(s: Speaker, head: str, fence: Node, of: str = "of") -> Phrase:
    """ "f of x", with the power that stands after the brackets."""
    inside = base(fence)
    assert isinstance(inside, Fence)
    if inside.open not in ("(", "[", "{"):
        words = s.say(fence).words
        return Phrase(f"{head} of {words}", Level.TERM, open=True)
    given = replace(s, bar="given", noun=False, beside=False)
    said = Phrase(f"{head} {of} {_arguments(given, inside)}", Level.TERM, open=True)
    if s.exact:
        said = replace(said, open=False)
    if not isinstance(fence, Script):
        return said
    return scripts.hung(s, said, inside, fence)


def _of(head: str, fence: Node) -> str:
    """ "that" before a statement, as in "the probability that X equals x"; else "of"."""
    inside = base(fence)
    content = inside.inside.items if isinstance(inside, Fence) else ()
    stated = any(isinstance(item, Symbol) and item.text in RELATIONS for item in content)
    return "that" if stated and head == "the probability" else "of"


def _arguments(s: Speaker, inside: Fence) -> str:
    parts, content = arguments(s, inside), inside.inside.items
    if not parts:
        raise s.fail("the brackets are empty", inside.open)
    if not s.exact and len(content) == 1 and isinstance(content[0], Fraction):
        # `f((a + b) / 2)` is not `f(a + b) / 2`.
        return (
            parts[0]
            if parts[0].startswith("the ") or "," not in parts[0]
            else (f"the quantity {parts[0]}")
        )
    if not s.exact:
        last = "and" if not any(p.startswith(("and so on", "up to")) for p in parts) else ","
        return listed(parts, last).replace(" , ", ", ")
    if len(content) == 1 and isinstance(content[0], Name | Number):
        return parts[0]
    return s.quantity(Phrase(", ".join(parts)), inside.open, inside.close).words


def arguments(s: Speaker, inside: Fence) -> list[str]:
    """What stands in the brackets of a function, one piece an argument."""
    content = inside.inside.items
    if any(sign(item, "∣") for item in content):
        return [s.say(inside.inside).words]
    parallel = not any(sign(item, ",") for item in content)
    part = (lambda item: sign(item, "∥")) if parallel and _divergence(content) else lists.comma
    return lists.listing(s, lists.split(content, part))


def _divergence(content: Items) -> bool:
    """Whether two bars part the arguments: `D(P \\| Q)`."""
    return any(sign(item, "∥") for item in content)


def is_applied(s: Speaker, node: Node, fence: Node) -> bool:
    """Whether a letter before brackets is a function of what they hold."""
    core, inside = base(node), base(fence)
    assert isinstance(inside, Fence)
    if inside.open == "{":
        return isinstance(core, Name) and core.variant == "calligraphic"
    if inside.open == "[":
        return isinstance(core, Name) and (core.text in "EPV" or core.variant == "double-struck")
    if inside.open != "(" or inside.close != ")":
        return False
    if isinstance(core, Word):
        return True
    if isinstance(core, Fence):
        return _composed(core) and bool(inside.inside.items)
    if not isinstance(core, Name) or not inside.inside.items or _powered(node):
        return False
    return is_function(s, node) or _argued(core, inside)


def _composed(fence: Fence) -> bool:
    """Whether brackets hold functions only: `(f ∘ g)(x)`."""
    content = fence.inside.items
    letters_only = [base(item) for item in content if not isinstance(item, Symbol)]
    named = all(isinstance(c, Name) and c.text in "fghFGHTS" for c in letters_only)
    return fence.open == "(" and len(content) > 1 and named


def _powered(node: Node) -> bool:
    """Whether a letter has a power, which a function seldom has: `p^k(1-p)`."""
    if not isinstance(node, Script) or node.sup is None:
        return False
    sup = bare(node.sup)
    if sup == Name("π"):
        return False  # The value of a policy: `Q^π(s, a)`.
    return isinstance(sup, Number | Name) or isinstance(sup, Row) and not _inverse(sup)


def _inverse(sup: Row) -> bool:
    return (
        sup == Row((Symbol("−", "bin"), Number("1")))
        or bool(sup.items)
        and sign(sup.items[0], "′", "″", "‴")
    )


def is_function(s: Speaker, node: Node) -> bool:
    """Whether a letter is a function by itself, primes or use elsewhere."""
    core = base(node)
    if not isinstance(core, Name):
        return False
    if core in s.functions or core.text in _FUNCTION_LETTERS:
        return True
    primed = isinstance(node, Script) and any(sign(n, "′", "″", "‴") for n in items(node.sup))
    return primed or core.variant in ("calligraphic", "double-struck", "script")


def _argued(core: Name, inside: Fence) -> bool:
    """Whether brackets hold what only an argument would be: `x`, `x, y`, `0`, `t - 1`."""
    content = inside.inside.items
    signs = [item.text for item in content if isinstance(item, Symbol)]
    if any(text in ",;∣∥" or text in RELATIONS for text in signs):
        return True
    if len(content) == 1 and not isinstance(base(content[0]), Fence | Table):
        return True
    return base(content[0]) == Name("t") and core.text not in "aαβλ"


def functions(formula: Node) -> frozenset[Name]:
    """The letters that the formula uses with a bracket that can only be an argument."""
    found: set[Name] = set()
    rows = [node.items for node in walk(formula) if isinstance(node, Row)]
    for one, after in (pair for row in rows for pair in zip(row, row[1:], strict=False)):
        core, inside = base(one), base(after)
        if isinstance(core, Name) and isinstance(inside, Fence) and _round(inside):
            found |= {core} if _argued(core, inside) else set()
    return frozenset(found)


def vectors(formula: Node) -> frozenset[Name]:
    """The letters that have a norm, or stand on both sides of a dot, somewhere in the formula."""
    nodes = list(walk(formula))
    norms = [node.inside.items for node in nodes if isinstance(node, Fence) and node.open == "‖"]
    cores = {base(inside[0]) for inside in norms if inside}
    for row in (node.items for node in nodes if isinstance(node, Row)):
        squares = zip(row, row[1:], row[2:], strict=False)
        cores |= {one for one, dot, two in squares if sign(dot, "⋅", "·") and one == two}
    return frozenset(core for core in cores if isinstance(core, Name))


def _round(fence: Fence) -> bool:
    return (fence.open, fence.close) == ("(", ")") and bool(fence.inside.items)


def belongs(run: list[Node], word: Word, after: Node | None) -> bool:
    """Whether a text is a name or unit of the formula, not a word between its parts."""
    if run and isinstance(base(run[-1]), Number) and units.is_unit(word.text):
        return True
    if isinstance(after, Fence) and word.text.strip().isalpha():
        return word.text.strip() not in _CONNECTIVES
    return word.text.isalpha() and word.text not in _CONNECTIVES


def apart(before: Node, node: Node) -> bool:
    """Whether "times" must be said between two factors side by side."""
    if sign(base(before), "∂"):
        return False
    if isinstance(base(node), Number | Root | Fence | Table | Big) or isinstance(node, Fraction):
        return True
    if isinstance(base(before), Fence | Table | Root | Choose):
        return True
    if not isinstance(before, Script):
        return False
    if isinstance(before.base, Word) and isinstance(base(node), Word):
        return False
    if isinstance(before.sub, Number) and before.sup is None and letters.is_upper(node):
        return False  # A formula of chemistry: "H two O".
    return before.sub is not None or not _short(before.sup)


def _short(sup: Node | None) -> bool:
    """Whether a power ends in a word of its own: "squared", "transpose"."""
    sup = bare(sup)
    return sup in (Number("2"), Number("3"), Name("T")) or isinstance(sup, Symbol | Row)
