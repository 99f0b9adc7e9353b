"""Versions and network numbers: `v3.12`, `2.0.1`, `Python 3.12`, `192.168.0.1`."""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import DIGITS, Form

NAME = "versions"

_SOFTWARE = (
    "Python|CPython|PyPy|Node|Node.js|Ruby|Java|Go|Golang|Rust|PHP|Perl|Lua|Swift|Kotlin|Scala|CUDA"
    "|PyTorch|TensorFlow|NumPy|numpy|pandas|Django|Flask|React|Angular|Vue|macOS|iOS|iPadOS|Android"
    "|Ubuntu|Debian|Fedora|Windows|Linux|Bluetooth|USB|HDMI|OpenGL|Vulkan|DirectX|Docker"
    "|Kubernetes|Postgres|PostgreSQL|MySQL|SQLite|Git|git|GCC|Clang|LLVM|CMake|Blender|Manim|ffmpeg"
    "|FFmpeg|TLS|SSL|HTTP|HTML|ECMAScript|OpenSSL|Unicode|Qwen|Llama|GPT|Claude|Gemini|pip|uv|ruff"
    "|[Vv]ersions?|[Rr]elease|ver|narrate"
)
_PARTS = r"[0-9]{1,4}(?:\.[0-9]{1,4}){1,4}"
_STAGES = {"a": "alpha", "alpha": "alpha", "b": "beta", "beta": "beta", "rc": "release candidate"}
_STAGE = r"(?:[-.]?(?P<stage>alpha|beta|rc|dev|post|a|b)[-.]?(?P<stage_number>[0-9]{1,3})?)?"
_END = r"(?![\w])(?!\.[0-9])"


def say_version(text: str, point: str = "point") -> str:
    """`22.04` as twenty-two point oh four: each part is a number of its own."""
    first, *rest = text.split(".")
    return f" {point} ".join([numerals.cardinal(first), *map(_part, rest)])


def _part(digits: str) -> str:
    if len(digits) == 2 and digits[0] == "0":
        return numerals.two_digits(digits)
    return numerals.pairs(digits) if len(digits) == 3 else numerals.cardinal(digits)


def _staged(match: re.Match[str]) -> str:
    said = say_version(match["version"])
    if stage := match["stage"]:
        said += f" {_STAGES.get(stage, stage)}"
        if number := match["stage_number"]:
            said += f" {numerals.cardinal(number)}"
    return said


def _marked(match: re.Match[str]) -> str:
    return f"version {_staged(match)}"


def _address(match: re.Match[str]) -> str | None:
    parts = match["host"].split(".")
    if any(int(part) > 255 for part in parts):
        return None
    said = " dot ".join(map(numerals.pairs, parts))
    if match["port"]:
        said += f" port {numerals.pairs(match['port'])}"
    return said + (f" slash {numerals.cardinal(match['mask'])}" if match["mask"] else "")


FORMS = (
    Form(
        DIGITS,
        r"(?<![\w.])(?P<letter>[A-Z])(?P<it>\.(?P<parts>[0-9]{1,2}(?:\.[0-9]{1,2}){0,3}))(?![\w]|\.[0-9])",
        lambda match: f"dot {say_version(match['parts'], 'dot')}",
    ),
    Form(
        frozenset("=<>~"),
        rf"(?<![\w.])(?:{_SOFTWARE}) ?[=<>~!]=? ?(?P<it>(?P<version>{_PARTS}){_STAGE}){_END}",
        _staged,
    ),
    Form(
        DIGITS,
        r"(?<![\w.])(?<!ersion )(?P<host>[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::(?P<port>[0-9]{1,5}))?"
        r"(?:/(?P<mask>[0-9]{1,2}))?(?![\w])(?!\.[0-9])",
        _address,
    ),
    Form(
        frozenset("vV"),
        rf"(?<![\w.])[vV](?P<version>[0-9]{{1,4}}(?:\.[0-9]{{1,4}}){{0,4}}){_STAGE}{_END}",
        _marked,
    ),
    Form(
        DIGITS,
        rf"(?<![\w.])(?:{_SOFTWARE})"
        rf"(?: |(?=[/-]))?(?P<it>[/-]?(?P<version>{_PARTS}){_STAGE}){_END}",
        _staged,
    ),
    Form(frozenset("/"), r"(?<=HTTP)(?P<it>/(?P<version>[0-9])(?P<stage>))(?!\w)", _staged),
    Form(
        DIGITS,
        rf"(?<![\w.,$€£])(?P<it>(?P<version>[0-9]{{1,4}}(?:\.[0-9]{{1,4}}){{2,4}}){_STAGE}){_END}",
        _staged,
    ),
    Form(
        DIGITS,
        rf"(?<![\w.,])(?P<it>(?P<version>[0-9]{{1,4}}\.[0-9]{{1,4}})"
        rf"[-.]?(?P<stage>alpha|beta|rc)[-.]?(?P<stage_number>[0-9]{{1,3}})?){_END}",
        _staged,
    ),
    Form(
        DIGITS,
        rf"(?<=[a-z]{{3}}[=<>~!]=)(?P<it>(?=[1-9])(?P<version>{_PARTS}){_STAGE}){_END}",
        _staged,
    ),
)
