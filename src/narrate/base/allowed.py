"""What a type accepts, in words."""

from __future__ import annotations

from typing import Any


def allowed(kind: object) -> str:
    """The values that a type of a setting takes: names, a range, or a kind of value; "" if it takes
    any text.
    """
    from msgspec import inspect

    return _words(inspect.type_info(kind))


def _words(kind: Any) -> str:
    from msgspec import inspect

    match kind:
        case inspect.Metadata(type=described):
            return _words(described)
        case inspect.UnionType(types=types):
            return " or ".join(filter(None, map(_words, types)))
        case inspect.LiteralType(values=values):
            *others, last = map(str, values)
            return f"{', '.join(others)} or {last}" if others else last
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return "an integer" + _range(kind)
        case inspect.FloatType():
            return "a number" + _range(kind)
    return ""


def _range(kind: Any) -> str:
    least = f"{kind.ge:g}" if kind.ge is not None else None
    most = f"{kind.le:g}" if kind.le is not None else None
    if least and most:
        return f" from {least} to {most}"
    if kind.gt is not None and most:
        return f" above {kind.gt:g}, up to {most}"
    if kind.gt is not None:
        return f" above {kind.gt:g}"
    if least and kind.lt is not None:
        return f" from {least} to below {kind.lt:g}"
    return f" of at least {least}" if least else ""
