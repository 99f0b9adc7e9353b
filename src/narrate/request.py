"""A Request: everything that an engine is asked, its canonical form, and the key of that form.

Only the standard library is imported here, because worker processes run this file in the engines'
environments.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

KEY_SCHEMA = 1
"""Raise it when the same request must get another key, which is a breaking change."""


@dataclass(frozen=True, slots=True)
class Clone:
    """The voice of a recording: digests of its samples and of its transcript.

    Without a transcript only the colour of the voice is taken.
    """

    ref: str
    transcript: str | None = None
    kind: ClassVar[str] = "clone"


@dataclass(frozen=True, slots=True)
class Stock:
    """One of the engine's own speakers; without a name, its default one."""

    speaker: str | None = None
    instruct: str | None = None
    kind: ClassVar[str] = "speaker"


@dataclass(frozen=True, slots=True)
class Design:
    """A voice made up from a description."""

    design: str
    instruct: str | None = None
    kind: ClassVar[str] = "design"


RequestVoice = Clone | Stock | Design
"""A voice as far as it changes the sound. `kind` is its name in `Capabilities.voices`."""


def voice_to_json(voice: RequestVoice) -> dict[str, str]:
    """The fields of a voice that are set; empty for the engine's default speaker."""
    return {name: value for name, value in asdict(voice).items() if value is not None}


def voice_from_json(fields: Mapping[str, str]) -> RequestVoice:
    """The inverse of `voice_to_json`."""
    if "ref" in fields:
        return Clone(**fields)
    return Design(**fields) if "design" in fields else Stock(**fields)


@dataclass(frozen=True, slots=True)
class Request:
    """What one utterance asks of an engine: everything that changes its sound, and nothing else.

    `behaviour` is the number of the engine's adapter, raised by hand when its sound changes.
    `model` is a hub id, or a digest of the files of a model folder; `revision` and `dtype` are
    empty for an engine that has none. `sampling` holds numbers as text. `seed` is None unless the
    author set one.
    """

    engine: str
    behaviour: int
    model: str
    text: str
    language: str
    voice: RequestVoice = Stock()
    seed: int | None = None
    take: int = 1
    revision: str = ""
    dtype: str = ""
    sampling: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The request as plain JSON values.

        Fields that are not set are left out, so that a new field does not change existing keys.
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
            "voice": voice_to_json(self.voice),
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
        fields = {name: value for name, value in document.items() if name != "schema"}
        return cls(**fields | {"voice": voice_from_json(fields.get("voice", {}))})

    def canonical(self) -> bytes:
        """The canonical form of this request."""
        return canonical_json(self.to_json())


def canonical_json(document: Mapping[str, object]) -> bytes:
    """The canonical form of a JSON object: UTF-8, NFC, sorted keys, no spaces, no floats.

    Raises TypeError for a float: two spellings of one number would be two keys.
    """
    text = json.dumps(_normal(document), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def _normal(value: object) -> object:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {_normal(name): _normal(item) for name, item in value.items()}
    if value is None or isinstance(value, bool | int):
        return value
    raise TypeError(f"a {type(value).__name__} has no canonical form")


def key(canonical: bytes) -> str:
    """The key of a canonical form: xxh3_128, 32 hex digits.

    xxh3 does not resist deliberate collisions, so a cache hit must also compare the canonical form
    itself.
    """
    import xxhash

    return xxhash.xxh3_128_hexdigest(canonical)
