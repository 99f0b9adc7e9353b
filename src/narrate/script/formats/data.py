"""JSON and YAML text -> a tree of plain values."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Hashable
from typing import TYPE_CHECKING

from narrate.base import limits
from narrate.base.text import printable, quoted
from narrate.errors import ScriptError
from narrate.script.conversion import Flaw

if TYPE_CHECKING:
    import yaml

_INT_DIGITS = 20


def read_json(text: str, name: str) -> object:
    """Parse JSON; valid but ambiguous parts become a Flaw in the tree, and an empty text None, as
    in YAML. Raises ScriptError.
    """
    if not text.strip():
        return None
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_int)
    except json.JSONDecodeError as error:
        place = f"{name}:{error.lineno}:{error.colno}"
        raise ScriptError(
            f"not valid JSON: {error.msg}", where=place, hint="correct the syntax"
        ) from None


def _object(pairs: list[tuple[str, object]]) -> object:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    [(repeated, _)] = Counter(key for key, _ in pairs).most_common(1)
    return Flaw(f"duplicate key {quoted(repeated)}", "keep one of them")


def _int(digits: str) -> int | Flaw:
    if len(digits) <= _INT_DIGITS:
        return int(digits)
    return Flaw(f"a number of {len(digits)} digits", "write a shorter one, or put text in quotes")


def read_yaml(text: str, name: str) -> object:
    """Parse YAML without aliases, tags, dates or duplicate keys, which JSON does not have either.

    Raises ScriptError.
    """
    import yaml

    if len(text) > limits.YAML_BYTES:
        what = f"YAML larger than {limits.YAML_BYTES // 2**20} MiB"
        raise ScriptError(what, where=name, hint="split it into several scripts, or write JSON")
    try:
        loader = _loader()(text)
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        what = error.problem or error.context or "syntax error"
        before = text[max(0, mark.index - mark.column) : mark.index] if mark else ""
        if "'tag:yaml.org,2002:timestamp'" in what:
            what = "a date without quotes"
        hint = _hint(what, before)
        raise ScriptError(
            f"not valid YAML: {printable(what)[:200]}", where=place, hint=hint
        ) from None
    except yaml.reader.ReaderError as error:
        place = f"{name}:{text.count(chr(10), 0, error.position) + 1}"
        what = f"not valid YAML: a character that YAML does not allow: {error.character!r}"
        raise ScriptError(what, where=place, hint="remove the character") from None
    except (ValueError, LookupError, ArithmeticError):
        what = "not valid YAML: an invalid number or tag"
        place = f"{name}:{loader.line + 1}"
        raise ScriptError(what, where=place, hint="put the text in quotes") from None


_HINTS = (
    (r"cannot start any token: '\\t'|character '\\t'", "indent with spaces, not with tabs"),
    ("cannot start any token|expected alphabetic", "put the text in quotes: it begins with a sign"),
    ("constructor for the tag|date without quotes", "put the text in quotes"),
    ("aliases are", "put the text in quotes, or write out the value"),
    ("<block end>, but found '<scalar>'", "put the whole text in double quotes"),
    ("unknown escape", "write \\\\ for a backslash"),
    ("end of stream", "close what is open: quotes or brackets"),
    (r"expected ',' or '[\]}]'", "close the bracket"),
    ("<block end>", "indent entries that belong together alike"),
)
"""What helps against an error of the YAML parser, by what it says."""


def _hint(what: str, before: str) -> str:
    """What to do about an error of the YAML parser; `before` is the line up to it."""
    if "mapping values are not allowed" in what:
        has_key = re.search(r"[:-]\s+\S", before)
        return "put the text in quotes: it holds a colon" if has_key else "correct the indentation"
    found = (hint for pattern, hint in _HINTS if re.search(pattern, what))
    return next(found, "correct the syntax")


def _loader() -> type[yaml.SafeLoader]:
    import yaml

    class Loader(yaml.SafeLoader):
        """A SafeLoader for the types of JSON, and for a limited number of values."""

        values = 0

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if self.check_event(yaml.AliasEvent):
                raise self._error("aliases are not supported; write out the value")
            self.values += 1
            if self.values > limits.YAML_VALUES:
                raise self._error(f"more than {limits.YAML_VALUES} values")
            return super().compose_node(parent, index)

        def _error(self, what: str) -> yaml.composer.ComposerError:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            return yaml.composer.ComposerError(None, None, what, mark)

        def construct_mapping(
            self, node: yaml.MappingNode, deep: bool = False
        ) -> dict[Hashable, object]:
            seen = set()
            # Called for other nodes as well, if they are tagged as a mapping.
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            for key, _ in pairs:
                if not isinstance(key, yaml.ScalarNode):
                    continue
                if key.value in seen:
                    what = f"duplicate key {quoted(key.value)}"
                    raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
                seen.add(key.value)
            return super().construct_mapping(node, deep)

    # `off` is text, such as for `reading`, and not false as in YAML 1.1.
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers.items()
    Loader.yaml_implicit_resolvers = {key: each for key, each in resolvers if key not in [*"oO"]}
    types = ("null", "bool", "int", "float", "str", "seq", "map")
    # None stands for every other tag, which is an error.
    tags = [None, *(f"tag:yaml.org,2002:{name}" for name in types)]
    Loader.yaml_constructors = {tag: yaml.SafeLoader.yaml_constructors[tag] for tag in tags}
    return Loader
