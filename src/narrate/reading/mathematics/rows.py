"""A row, from what binds loosest to what binds tightest: lists, relations, sums, products."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from narrate.reading.mathematics import brackets, factors, letters, lists, numbers
from narrate.reading.mathematics.phrase import Level, Phrase, joined, listed
from narrate.reading.mathematics.speaker import Speaker
from narrate.reading.mathematics.symbols import ELLIPSES, PRODUCTS, RELATIONS, SIGNS, SUMS
from narrate.reading.mathematics.tree import (
    Fence,
    Fraction,
    Name,
    Node,
    Number,
    Row,
    Script,
    Stacked,
    Symbol,
    Word,
    base,
    sign,
)

Items = tuple[Node, ...]

_LOGIC = ("⇒", "⟹", "⇐", "⟸", "⇔", "⟺", "∴", "∵", "⊢", "⊨")
_JUNCTIONS = ("∧", "∨")


def row(s: Speaker, items: Items) -> Phrase:
    """The phrase of a whole row."""
    at = next((i for i, item in enumerate(items) if _bars(s, item)), None)
    if at is not None and any(sign(item, "⊥") for item in items[:at]):
        s = replace(s, bar="given")  # X ⊥ Y | Z
    if at is not None and s.bar != "divides":
        left, right = row(replace(s, noun=s.bar != "given"), items[:at]), row(s, items[at + 1 :])
        return Phrase(joined(left.words, s.bar, right.words), Level.LIST, open=True)
    parts = lists.split(items, lists.comma)
    if len(parts) == 1:
        return clause(s, parts[0])
    if _members(parts):
        names = listed([s.say(part[0]).words for part in (*parts[:-1], parts[-1][:1])])
        verb = relation(s, parts[-1][1]).replace("is ", "are ")
        where = _related(s, parts[-1][1], parts[-1][2:])
        return Phrase(f"{names} {verb} {where}", Level.LIST, open=True)
    return Phrase(", ".join(lists.listing(s, parts)), Level.LIST, open=True)


def _members(parts: list[Items]) -> bool:
    """Whether the parts are `x, y ∈ S`."""
    named = all(part and isinstance(part[0], Name) for part in parts)
    alone = named and all(len(part) == 1 for part in parts[:-1])
    last = parts[-1]
    return alone and len(last) > 2 and sign(last[1], "∈") and sum(map(lists.is_relation, last)) == 1


def _bars(s: Speaker, item: Node) -> bool:
    return sign(item, "∣") or s.bar == "such that" and sign(item, ":")


def clause(s: Speaker, items: Items) -> Phrase:
    """A statement: quantifiers first, then what words and arrows join."""
    for at, item in enumerate(items):
        if at and lists.is_quantifier(item):
            before, after = clause(s, items[:at]), clause(s, items[at:])
            return Phrase(f"{before.words}, {after.words}", Level.LIST, open=True)
    if items and lists.is_quantifier(items[0]):
        return _quantified(s, items)
    if any(isinstance(item, Word) for item in items):
        return _worded(s, items)
    return _logic(s, items)


def _quantified(s: Speaker, items: Items) -> Phrase:
    words, rest = s.say(items[0]).words, items[1:]
    if rest and sign(rest[0], "!"):
        words, rest = f"{words} a unique", rest[1:]
    at = next((i for i, item in enumerate(rest) if sign(item, ":", "∣")), len(rest))
    bracket = next((i for i, item in enumerate(rest[:at]) if i and isinstance(item, Fence)), None)
    if bracket is not None and isinstance(rest[bracket - 1], Name):
        noun, stated = row(replace(s, noun=True), rest[:bracket]), row(s, rest[bracket:])
        return Phrase(f"{words} {noun.words}, {stated.words}", Level.LIST, open=True)
    noun = row(replace(s, noun=True), rest[:at])
    such = "," if words == "for all" else " such that"
    after = f"{such} {row(s, rest[at + 1 :]).words}" if at < len(rest) else ""
    return Phrase(f"{words} {noun.words}{after}", Level.LIST, open=True)


def _worded(s: Speaker, items: Items) -> Phrase:
    """What stands between pieces of text; a text before a bracket is a function."""
    if any(isinstance(item, Word) and item.text.strip().startswith("matri") for item in items):
        s = replace(s, times="by")
    said: list[str] = []
    run: list[Node] = []
    for at, item in enumerate(items):
        after = items[at + 1] if at + 1 < len(items) else None
        if isinstance(item, Word) and not factors.belongs(run, item, after):
            said += [_logic(s, tuple(run)).words] if run else []
            said.append(letters.text(s, item.text))
            run = []
        else:
            run.append(item)
    if not said:
        return _logic(s, items)
    said += [_logic(s, tuple(run)).words] if run else []
    return Phrase(joined(*said).replace(" ,", ","), Level.RELATION, open=True)


def _logic(s: Speaker, items: Items) -> Phrase:
    """What "implies" and its like join; each side is a chain of relations."""
    looser: tuple[str, ...] = _LOGIC
    if any(sign(item, *_JUNCTIONS) for item in items) and any(lists.is_relation(i) for i in items):
        looser += _JUNCTIONS
    parts = _parted(items, lambda item: sign(item, *looser))
    if len(parts) == 1:
        return chain(s, items)
    said = ""
    for operator, side in parts:
        word = s.say(operator).words if operator else ""
        pause = operator is not None and " " in said and not sign(operator, *_JUNCTIONS)
        said = joined(said, joined(word, chain(s, side).words if side else ""), pause=pause)
    return Phrase(said, Level.LIST, open=True)


def _parted(items: Items, where: Callable[[Node], bool]) -> list[tuple[Node | None, Items]]:
    """The parts of a row, each with the node before it that `where` picks."""
    parts: list[tuple[Node | None, list[Node]]] = [(None, [])]
    for item in items:
        if where(item):
            parts.append((item, []))
        else:
            parts[-1][1].append(item)
    return [(operator, tuple(side)) for operator, side in parts]


def chain(s: Speaker, items: Items) -> Phrase:
    """Relations one after the other: "A equals b, which equals c"."""
    items = _defined(items)
    mapped = _mapping(s, items)
    if mapped:
        return mapped
    parts = _parted(items, lambda item: lists.is_relation(item))
    if len(parts) == 1:
        return total(s, items)
    inner = replace(s, beside=False)
    if between := _between(inner, parts):
        return between
    said = total(inner, parts[0][1]).words if parts[0][1] else ""
    for at, (operator, side) in enumerate(parts[1:]):
        assert operator is not None
        if _dotted(s, side):
            said = f"{said}, and so on"
            continue
        verb = _similar(relation(s, operator), side)
        if _dotted(s, parts[at][1]):
            verb = ", up to"
        elif at and not s.noun and verb.split()[0] in ("is", "equals"):
            verb = f", which {verb}"
        elif "," in said:
            verb = f", {verb}"
        words = _related(inner, operator, side) if side else ""
        said = joined(said, verb, words).replace(" ,", ",")
    return Phrase(_modulo(said.strip(" ,")), Level.RELATION, open=True)


def _between(s: Speaker, parts: list[tuple[Node | None, Items]]) -> Phrase | None:
    """A noun within bounds: "for x from zero to one", "x between zero and one"."""
    signs = [operator.text for operator, _ in parts[1:] if isinstance(operator, Symbol)]
    if not s.noun or s.exact or signs not in (["≤", "≤"], ["<", "<"]):
        return None
    low, what, high = (total(s, side).words for _, side in parts)
    words = f"from {low} to {high}" if signs[0] == "≤" else f"between {low} and {high}"
    return Phrase(f"{what} {words}", Level.RELATION, open=True)


def _similar(verb: str, side: Items) -> str:
    """`∼` before a distribution, or in a limit, is "distributed as"; else it is asymptotic."""
    first = side[0] if side else None
    first = first.base if isinstance(first, Script) else first
    random = isinstance(first, Name | Word) and (first.text[0].isupper() or first.text in "pqπ")
    return verb if random else verb.replace("distributed as", "asymptotic to")


def _related(s: Speaker, operator: Node, side: Items) -> str:
    """What stands after a relation; two numbers in parentheses that x is in are an interval."""
    alone = side[0] if len(side) == 1 else None
    if sign(operator, "∈", "∉", "⊂", "⊆") and isinstance(alone, Fence):
        return brackets.interval(s, alone).words
    return total(s, side).words


def _modulo(said: str) -> str:
    """`a ≡ b (mod n)` is a congruence, and so is `△ABC ≅ △DEF`."""
    if said.startswith(("triangle ", "angle ")):
        said = said.replace("isomorphic to", "congruent to")
        return said.replace("asymptotic to", "similar to")
    return said.replace("equivalent to", "congruent to") if " modulo " in said else said


def _defined(items: Items) -> Items:
    """The row with `:` and `=`, or two `⊥`, side by side made one sign."""
    at = next((i for i, item in enumerate(items[:-1]) if sign(item, "⊥")), None)
    if at is not None and sign(items[at + 1], "⊥"):
        return *items[:at], Symbol("⫫", "rel"), *items[at + 2 :]
    at = next((i for i, item in enumerate(items[:-1]) if sign(item, ":")), None)
    if at is None or not sign(items[at + 1], "="):
        return items
    return *items[:at], Symbol(":=", "rel"), *items[at + 2 :]


def _mapping(s: Speaker, items: Items) -> Phrase | None:
    """`f: X → Y`, or a ratio `a : b`."""
    at = next((i for i, item in enumerate(items) if sign(item, ":")), None)
    if at is None:
        return None
    if any(sign(item, ":") for item in items[at + 1 :]):
        ratios = _parted(items, lambda item: lists.is_relation(item))
        said = [(relation(s, one) if one else "", chain(s, side).words) for one, side in ratios]
        if len(said) > 1:
            return Phrase(joined(*(word for pair in said for word in pair)), Level.RELATION)
    left, right = total(s, items[:at]).words, items[at + 1 :]
    to = next((i for i, item in enumerate(right) if sign(item, "→", "⟶", "↦")), None)
    if to is None and any(lists.is_relation(item) for item in right):
        return Phrase(f"{left}, {chain(s, right).words}", Level.RELATION, open=True)
    if to is None:
        return Phrase(joined(left, "to", chain(s, right).words), Level.SUM)
    source, target = total(s, right[:to]).words, chain(s, right[to + 1 :]).words
    return Phrase(f"{left} from {source} to {target}", Level.RELATION, open=True)


def relation(s: Speaker, node: Node) -> str:
    """The verb of a relation, with what is written over its sign."""
    if isinstance(node, Stacked):
        notes = [s.say(note).words for note in (node.above, node.below) if note is not None]
        verb = relation(s, node.base)
        if verb == "goes to":
            said = " and ".join(notes)
            return f"goes, as {said}, to" if " goes " in said else f"goes by {said} to"
        return _noted(verb, notes)
    assert isinstance(node, Symbol)
    verb = s.bar if node.text == "∣" else RELATIONS[node.text]
    if node.text == "⊥" and s.bar == "given":
        verb = "is independent of"
    return verb.removeprefix("is ") if s.noun else verb


def _noted(verb: str, notes: list[str]) -> str:
    if notes in (["I I d"], ["iid"]) and "distributed" in verb:
        return "is I I D as"
    note = {"d e f": "by definition", "def": "by definition", "!": "must be"}
    said = " ".join(note.get(words, f"with {words} above") for words in notes)
    return f"{said} {verb}" if said == "by definition" else f"{verb}, {said},"


def total(s: Speaker, items: Items) -> Phrase:
    """Terms joined by plus, minus and their like."""
    terms = _terms(items)
    if len(terms) == 1:
        return product(s, terms[0][1])
    said = Phrase("")
    for at, (operator, term) in enumerate(terms):
        if at and _dotted(s, term):
            said = Phrase(f"{said.words}, and so on", Level.SUM, open=True)
            continue
        one = product(replace(s, beside=s.beside or at > 0), term)
        word = _adding(s, operator, terms[at - 1][1]) if operator else ""
        said = Phrase(said.then(f"{word} {one.words}") if word else one.words, Level.SUM, one.open)
    return said


def _dotted(s: Speaker, term: Items) -> bool:
    """Whether the term stands for those left out, which a teacher calls "and so on"."""
    return len(term) == 1 and sign(term[0], *ELLIPSES) and not s.exact


def _adding(s: Speaker, operator: Symbol, before: Items) -> str:
    """The operator's word; after "and so on" a teacher says "up to"."""
    if _dotted(s, before) and operator.text in "+∪∩":
        return "up to"
    return SUMS[operator.text]


def _terms(items: Items) -> list[tuple[Symbol | None, Items]]:
    """The terms of a sum; a sign at a term's start is the term's own."""
    terms: list[tuple[Symbol | None, list[Node]]] = [(None, [])]
    for item in items:
        current = terms[-1][1]
        if isinstance(item, Symbol) and item.text in SUMS and _operands(current):
            terms.append((item, []))
        else:
            current.append(item)
    return [(operator, tuple(term)) for operator, term in terms]


def _operands(before: list[Node]) -> bool:
    """Whether what came before can be added to."""
    if not before:
        return False
    last = before[-1]
    return not (isinstance(last, Symbol) and (last.text in PRODUCTS or last.text in SIGNS))


def product(s: Speaker, items: Items) -> Phrase:
    """Factors side by side or joined by times, over and their like."""
    if not items:
        return Phrase("")
    said: Phrase | None = None
    operator, before, at = "", items[0], 0
    while at < len(items):
        item = items[at]
        if _multiplies(item, said, operator, at + 1 < len(items)):
            operator, at = _multiplying(s, item, before, items[at + 1]), at + 1
            continue
        inner = replace(s, beside=s.beside or said is not None)
        end = _denominator(before, items, at) if operator == "over" else at
        if end > at + 1:
            one, at = inner.say(Row(items[at:end])), end
        else:
            one, at = factors.factor(inner, items, at)
        said = _multiplied(s, said, operator, one, before, item) if said else one
        operator, before = "", item
    assert said is not None
    return said


def _denominator(top: Node, items: Items, at: int) -> int:
    """Where the letters side by side under a slash end: `E/kT`, but `1/2 m`."""
    end = at + isinstance(items[at], Number) * (not isinstance(top, Number))
    while end < len(items) and isinstance(base(items[end]), Name):
        end += 1
    applied = end < len(items) and isinstance(base(items[end]), Fence)
    return at if applied else end


def _multiplies(item: Node, said: Phrase | None, operator: str, more: bool) -> bool:
    known = isinstance(item, Symbol) and item.text in PRODUCTS
    return known and said is not None and not operator and more


def _multiplying(s: Speaker, item: Node, before: Node, after: Node) -> str:
    """The operator's word."""
    assert isinstance(item, Symbol)
    vectors = letters.is_vector(before) and letters.is_vector(after) or _vectors(s, before, after)
    if item.text in "⋅·" and (vectors or after == Name("d")):
        return "dot"
    if item.text == "×":
        return "cross" if vectors else s.times
    if item.text == "∗" and factors.is_function(s, before) and factors.is_function(s, after):
        return "convolved with"
    if item.text == "/" and s.exact:
        return "divided by"
    return PRODUCTS[item.text]


def _vectors(s: Speaker, one: Node, other: Node) -> bool:
    """Whether two letters are vectors, as one of them is elsewhere in the formula."""
    names = isinstance(one, Name) and isinstance(other, Name)
    return names and not s.vectors.isdisjoint((one, other))


def _multiplied(
    s: Speaker, said: Phrase, operator: str, one: Phrase, before: Node, item: Node
) -> Phrase:
    """Two factors as one phrase."""
    if sign(item, *ELLIPSES) and not s.exact:
        return Phrase(f"{said.words}, and so on", Level.PRODUCT, open=True)
    if sign(before, *ELLIPSES) and not s.exact:
        return Phrase(f"{said.words}, up to {one.words}", Level.PRODUCT, one.open)
    if isinstance(before, Number) and isinstance(item, Number) and operator == "over":
        named = numbers.fraction(before.text, item.text)
        if named and said.words.endswith(numbers.cardinal(before.text)) and not s.exact:
            return Phrase(said.words.removesuffix(numbers.cardinal(before.text)) + named)
    if isinstance(before, Number) and one.level == Level.ATOM and isinstance(item, Fraction):
        return Phrase(f"{said.words} and {one.words}", said.level)
    if operator == "over":
        one = s.quantity(one) if one.level >= Level.FRACTION else one
        return Phrase(said.then(f"over {one.words}"), Level.FRACTION, open=True)
    if brackets.is_modulus(item):
        return Phrase(f"{said.words} {one.words}", Level.PRODUCT)
    if isinstance(before, Fraction) and said.level == Level.ATOM and isinstance(base(item), Name):
        return Phrase(f"{said.words}, {one.words}", Level.PRODUCT, one.open)
    needed = said.open or one.words.startswith("the ") or factors.apart(before, item)
    word = operator or ("times" if needed else "")
    level = max(Level.PRODUCT, Level.FRACTION if one.level == Level.FRACTION else Level.PRODUCT)
    return Phrase(said.then(joined(word, one.words)), level, one.open)
