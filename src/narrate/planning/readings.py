"""What the texts of a script say, kept from one run to the next."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeAlias

import msgspec
import xxhash

from narrate.base import facts
from narrate.reading import reader, utterances
from narrate.reading.reader import Reader
from narrate.reading.utterances import Spoken

_Texts: TypeAlias = dict[str, Spoken]
_DIGEST_BYTES = 16


def behaviour() -> bytes:
    """What readings depend on besides texts and readers: all code that has a part in them."""
    code = sorted(facts.of_installation().items())
    return repr((reader.BEHAVIOUR, sys.version, code)).encode(errors="surrogateescape")


class Readings:
    """What texts say to readers, known from the last run or else found now.

    `kept` is what `encoded` returned then. If it is damaged, or was made with another `behaviour`,
    everything is read again.
    """

    def __init__(self, kept: bytes = b"", behaviour: bytes = b"") -> None:
        self._behaviour = behaviour
        self._known = self._decoded(kept)
        self._used: dict[bytes, _Texts] = {}
        self.has_news = False
        """Whether anything was read that was not kept."""

    def by(self, reader: Reader) -> Callable[[str], Spoken]:
        """What says what a text is to a reader. It raises Unreadable, which is not kept."""
        name = msgspec.msgpack.encode(reader)
        known, used = self._known.get(name, {}), self._used.setdefault(name, {})

        def read(text: str) -> Spoken:
            if text not in used:
                self.has_news |= text not in known
                used[text] = known.get(text) or utterances.read(text, lenient=True, reader=reader)
            return used[text]

        return read

    def encoded(self) -> bytes:
        """What texts said in this run. Raises UnicodeEncodeError for half of a surrogate pair."""
        body = msgspec.msgpack.encode(self._used)
        return self._digest(body) + body

    def _decoded(self, kept: bytes) -> dict[bytes, _Texts]:
        digest, body = kept[:_DIGEST_BYTES], kept[_DIGEST_BYTES:]
        if digest != self._digest(body):
            return {}
        return msgspec.msgpack.decode(body, type=dict[bytes, _Texts])

    def _digest(self, body: bytes) -> bytes:
        return xxhash.xxh3_128_digest(self._behaviour + body)
