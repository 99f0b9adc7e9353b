"""A Request: all that an engine is asked, its canonical form, and the key of that form.

Only the standard library is imported here, because worker processes run this file in environments
of their own.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEY_SCHEMA = 1
"""Raised when the same request must get another key; doing so is a breaking line in the CHANGELOG.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What one utterance asks of an engine: everything that changes its sound, and nothing else.

    `behaviour` is the engine adapter's own number, raised by hand when its sound changes. `model`
    is a hub id, or a digest of the files of a model folder; `revision` and `dtype` are empty where
    an engine has none. `voice` is the sounding part of a voice: {"speaker": …, "instruct": …},
    {"design": …}, {"ref": digest, "transcript": digest}; empty means the engine's default speaker.
    `sampling` holds numbers as text. `seed` is None unless the author set one.
    """

    engine: str
    behaviour: int
    model: str
    text: str
    language: str
    voice: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    take: int = 1
    revision: str = ""
    dtype: str = ""
    sampling: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The request as plain JSON values; what is unset is left out, so that new fields keep old
        keys.
        """
        document: dict[str, Any] = {
            "schema": KEY_SCHEMA,
            "engine": self.engine,
            "behaviour": self.behaviour,
            "model": self.model,
            "text": self.text,
            "language": self.language,
            "take": self.take,
        }
        optional = {
            "voice": dict(self.voice),
            "revision": self.revision,
            "dtype": self.dtype,
            "sampling": dict(self.sampling),
        }
        document |= {name: value for name, value in optional.items() if value}
        if self.seed is not None:
            document["seed"] = self.seed
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Request:
        """The inverse of `to_json`."""
        return cls(**{name: value for name, value in document.items() if name != "schema"})

    def form(self) -> bytes:
        """The canonical form of this request."""
        return canonical(self.to_json())


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one spelling of a JSON object: UTF-8, NFC, sorted keys, no spaces, no floats.

    Raises TypeError for a float: two spellings of one number would be two keys.
    """
    text = json.dumps(_normal(document), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def _normal(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {_normal(name): _normal(item) for name, item in value.items()}
    if value is None or isinstance(value, bool | int):
        return value
    raise TypeError(f"a {type(value).__name__} has no canonical form")


def key(form: bytes) -> str:
    """The key of a canonical form: xxh3_128, 32 hex digits.

    xxh3 does not resist somebody who looks for collisions, so a cache hit must also compare the
    form itself.
    """
    import xxhash

    return xxhash.xxh3_128_hexdigest(form)
