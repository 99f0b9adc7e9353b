"""Languages by their codes and their English names."""

from __future__ import annotations

from collections.abc import Collection

NAMES = {
    "en": "english",
    "de": "german",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "ja": "japanese",
    "ko": "korean",
    "pt": "portuguese",
    "ru": "russian",
    "zh": "chinese",
}
"""The languages that Qwen3-TTS speaks; the first is the default."""

CODES = {name: code for code, name in NAMES.items()}


def base(code: str) -> str:
    """The language of a code, without its region: `pt` for `pt-BR`."""
    return code.lower().replace("_", "-").partition("-")[0]


def among(wanted: str, codes: Collection[str]) -> str | None:
    """The code among those of an engine that stands for a language, written as a code, a code with
    a region, or a name; None if there is none. An engine without codes takes any.
    """
    name = wanted.lower()
    if not codes:
        return name
    for code in (name, CODES.get(name, ""), name.split("-")[0]):
        if code in codes:
            return code
    return None
