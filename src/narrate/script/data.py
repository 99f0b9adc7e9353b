"""JSON and YAML text -> a tree of plain values, with no surprises left in it."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from narrate.base import limits
from narrate.base.text import printable, quoted
from narrate.errors import ScriptError
from narrate.script.document import Flaw

if TYPE_CHECKING:
    import yaml

_INT_DIGITS = 20


def read_json(text: str, name: str) -> object:
    """Parse JSON; what is legal but has no one meaning becomes a Flaw in the tree."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_int)
    except json.JSONDecodeError as error:
        place = f"{name}:{error.lineno}:{error.colno}"
        raise ScriptError(
            f"not valid JSON: {error.msg}", where=place, hint="correct the syntax"
        ) from None


def _object(pairs: list[tuple[str, Any]]) -> object:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    [(repeated, _)] = Counter(key for key, _ in pairs).most_common(1)
    return Flaw(f"duplicate key {quoted(repeated)}")


def _int(digits: str) -> int | Flaw:
    return int(digits) if len(digits) <= _INT_DIGITS else Flaw(f"a number of {len(digits)} digits")


def read_yaml(text: str, name: str) -> object:
    """Parse YAML into what JSON could hold: no aliases, no tags, no dates, no duplicate keys."""
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
        hint = "correct the syntax, put the text in quotes, or write JSON if it is long"
        raise ScriptError(
            f"not valid YAML: {printable(what)[:200]}", where=place, hint=hint
        ) from None
    except yaml.reader.ReaderError as error:
        place = f"{name}:{text.count(chr(10), 0, error.position) + 1}"
        what = f"not valid YAML: a character that it does not allow: {error.character!r}"
        raise ScriptError(what, where=place, hint="remove the character") from None
    except (ValueError, LookupError, ArithmeticError):
        what = "not valid YAML: a number or tag that makes no sense"
        place = f"{name}:{loader.line + 1}"
        raise ScriptError(what, where=place, hint="put the text in quotes") from None


def _loader() -> type[yaml.SafeLoader]:
    import yaml

    class Loader(yaml.SafeLoader):
        """A SafeLoader for JSON's types alone, and not for too many of them."""

        values = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
                raise yaml.composer.ComposerError(
                    None, None, "aliases are not read; write it out", mark
                )
            self.values += 1
            if self.values > limits.YAML_VALUES:
                mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
                raise yaml.composer.ComposerError(
                    None, None, f"more than {limits.YAML_VALUES} values", mark
                )
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            seen = set()
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            for key in (key for key, _ in pairs if isinstance(key, yaml.ScalarNode)):
                if key.value in seen:
                    what = f"duplicate key {quoted(key.value)}"
                    raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
                seen.add(key.value)
            return super().construct_mapping(node, deep)

    core = [
        None,
        *(
            f"tag:yaml.org,2002:{tag}"
            for tag in ("null", "bool", "int", "float", "str", "seq", "map")
        ),
    ]
    Loader.yaml_constructors = {tag: yaml.SafeLoader.yaml_constructors[tag] for tag in core}
    return Loader
