"""Files and the shell: paths, file names, flags, variables of the environment."""

from __future__ import annotations

import re

from narrate.reading.rules.form import DOTTED, Form
from narrate.reading.rules.identifiers import say_identifier
from narrate.reading.rules.source import say_literal
from narrate.reading.rules.web import say_address, say_names

NAME = "files"

EXTENSIONS = (
    "py|pyi|ipynb|js|mjs|ts|tsx|jsx|md|rst|txt|json|jsonl|toml|yaml|yml|csv|tsv|html|htm|css|scss"
    "|png|jpg|jpeg|gif|svg|webp|wav|mp3|mp4|m4a|ogg|flac|mkv|mov|avi|webm|srt|vtt|pdf|doc|docx|xls"
    "|xlsx|pptx|zip|gz|tar|tgz|bz2|xz|7z|rs|go|c|cc|cpp|h|hpp|java|kt|swift|rb|php|pl|lua|sh|bash"
    "|bat|ps1|ini|cfg|conf|env|lock|log|sql|db|xml|npy|npz|pt|pth|onnx|safetensors|pkl|exe|dll|so"
    "|o|a|d|tex|bib|blend|whl|deb|iso|bin|dat|bak|tmp|vue"
)
_DIRECTIVES = "include|define|undef|ifdef|ifndef|endif|pragma|if|else|elif|error|line"
_DOTFILE = r"\.[a-z][\w-]*+(?:\.[\w-]++)*+"
_LITERAL = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?|0[xb][0-9a-fA-F]+")
_STEP = r"[\w.@+*-]++"


def say_path(text: str) -> str:
    """A path or file name in words; a slash at its end is said."""
    said = say_names(text)
    return f"{said} slash" if said and text.endswith("/") and len(text) > 1 else said


def say_argument(word: str) -> str | None:
    """A flag such as `--no-cache=on` in words, or None if the word is not one."""
    match = re.fullmatch(r"(--?)([A-Za-z][\w-]*)(?:=(.+))?", word)
    if not match:
        return None
    words = ["dash"] * len(match[1]) + [_flag(match[2], match[1])]
    if match[3]:
        words += ["equals", _value(match[3])]
    return " ".join(words) if all(words) else None


def _value(text: str) -> str:
    """What a flag is set to: a number, or an address."""
    return say_literal(text) if _LITERAL.fullmatch(text) else say_address(text)


def _flag(name: str, dashes: str) -> str:
    """`-rf` is two flags; `--no-cache` is words."""
    if dashes == "-" and len(name) <= 3 and name.isalpha():
        return " ".join("A" if letter == "a" else letter for letter in name)
    return " ".join(map(say_identifier, filter(None, name.split("-"))))


def _path(match: re.Match[str]) -> str:
    return say_path(match[0])


def _directive(match: re.Match[str]) -> str:
    header = f" {say_address(match['header'])}" if match["header"] else ""
    return f"hash {match['name']}{header}"


FORMS = (
    Form(
        frozenset("#"),
        rf"(?<!\w)#(?P<name>{_DIRECTIVES})(?: ?[<\"](?P<header>[\w./]{{1,40}})[>\"])?(?!\w)",
        _directive,
    ),
    Form(
        frozenset("-"),
        r"(?<![^\s\"'“‘])(?<!else )(?<!return )(?<!= )"
        r"(?:--[A-Za-z][\w-]*+(?:=[^\s,;)`]*[^\s,;)`.:!?])?"
        r"|-[A-Za-z]{1,3}(?![\w-])"
        r"|-[A-Za-z][0-9]{1,3}(?!\w))",
        lambda match: say_argument(match[0]),
    ),
    Form(
        frozenset("/"),
        rf"(?<![\w/.~)])(?:~|\.\.?)?/(?:{_STEP}/)*+"
        rf"(?:{_STEP}(?<![.,])(?:\?[\w=&%.-]*[\w%])?)?(?<!\s/)(?<!^/)",
        _path,
    ),
    Form(
        frozenset("/"),
        rf"(?<![\w/.~-])[A-Za-z_][\w.-]*+/(?:[\w-]++/)*+"
        rf"[\w-]+(?:\.[\w-]++)*\.(?:{EXTENSIONS})(?!\w)",
        _path,
    ),
    Form(frozenset("/"), r"(?<![\w/.~-])[A-Za-z_][\w.-]*+/(?:[\w.-]++/)+[\w-]*(?![\w])", _path),
    Form(frozenset("\\"), r"(?<!\w)[A-Z]:\\[\w\\.-]*\w", lambda m: say_address(m[0])),
    Form(
        DOTTED,
        rf"(?<![\w./-])(?<!\([\"'])(?:[\w-]++\.)+(?:{EXTENSIONS})(?![\w(]|\.\w)",
        lambda match: None if match[0][:1].isdecimal() and len(match[0]) < 4 else _path(match),
    ),
    Form(frozenset("*"), rf"(?<![\w*])\*\.(?:{EXTENSIONS})(?!\w)", lambda m: say_address(m[0])),
    Form(DOTTED, rf"(?<![\w.)\]…?!]){_DOTFILE}", lambda m: say_address(m[0])),
    Form(
        frozenset("$"),
        r"(?<![\w$])\$(?:\{[A-Za-z_]\w*+\}|[A-Za-z_]\w*+)(?!\$)",
        lambda match: f"dollar {say_identifier(match[0].strip('${}'))}",
    ),
    Form(
        frozenset("@"),
        r"(?<![\w@])@[A-Za-z_][\w.]*+(?<!\.)",
        lambda match: say_address(match[0]),
    ),
)
