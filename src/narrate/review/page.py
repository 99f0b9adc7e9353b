"""A page as one HTML file that holds its data, its style and its program.

Texts of scripts are hostile. They stand in the page as JSON only, in which `<` is escaped, and its
program makes text nodes of them. The policy of the page allows no other program, style or address.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

Kind = Literal["review", "compare"]


def html(kind: Kind, content: msgspec.Struct) -> bytes:
    """The page of this kind with this content."""
    data = msgspec.json.encode(content).decode().replace("<", "\\u003c")
    # The data comes last, so that no text of a script is taken for a place to fill in.
    return _frame(kind).replace("@data@", data).encode()


@cache
def _frame(kind: Kind) -> str:
    style, script = _static("style.css"), _static("common.js") + _static(f"{kind}.js")
    parts = {"policy": _policy(style, script), "style": style, "script": script}
    page = _static(f"{kind}.html")
    for name, part in parts.items():
        page = page.replace(f"@{name}@", part)
    return page


def _policy(style: str, script: str) -> str:
    """What the page may load: its own sounds, and the style and the program that it holds."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "media-src 'self' file:; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _static(name: str) -> str:
    return files("narrate.review").joinpath("static", name).read_text(encoding="utf-8")
