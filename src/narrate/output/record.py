"""run.json: what a folder remembers of the run that made its narration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from narrate.base import limits
from narrate.base.files import regular
from narrate.planning.plan import Plan
from narrate.request import canonical_json

RECORD = "run.json"

JsonRequest = Mapping[str, str | int | dict[str, str]]
R = TypeVar("R", msgspec.Raw, JsonRequest)


class Made(msgspec.Struct, frozen=True):
    """A file in the folder: what it was made of, the xxh3_128 of its bytes in hex, and its fact
    once it was there.
    """

    recipe: str
    digest: str
    fact: str = ""


class Record(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """All of run.json. Every field has a default, because earlier versions wrote fewer fields.

    `started` is in seconds since the epoch; `seconds` is how long the run took, `engine_seconds`
    how long its engines worked. `script` is the path from the folder to the script, or "-" for
    standard input. `spoken`, `attempts` and `cached` count utterances. `reader` is the behaviour of
    what read the texts. `requests` are those of each segment by its id: as JSON where they are only
    written, to save memory, and as objects where they are compared. `transcripts` are those of
    references, by their digest. `stand_ins` are the engines that stood in for missing ones, by
    segment id. `outputs` are the files that the narration consists of.
    """

    script: str = ""
    started: float = 0.0
    seconds: float = 0.0
    engine_seconds: float = 0.0
    spoken: int = 0
    attempts: int = 0
    cached: int = 0
    reader: int = 0
    requests: dict[str, list[R]] = {}
    transcripts: dict[str, str] = {}
    stand_ins: dict[str, str] = {}
    outputs: dict[str, Made] = {}


RunRecord = Record[msgspec.Raw]
LastRun = Record[JsonRequest]


def requests(plan: Plan) -> dict[str, list[msgspec.Raw]]:
    """The requests of a plan by segment id."""
    return {
        each.segment.id: [msgspec.Raw(utterance.canonical) for utterance in each.utterances]
        for each in plan.segments
    }


def transcripts(plan: Plan) -> dict[str, str]:
    """The reference transcripts of a plan by the digest that names them in requests."""
    return {
        voice.clone.transcript: voice.reference.transcript or ""
        for voice in plan.voices.values()
        if voice.clone.transcript
    }


def canonical_requests(last: LastRun, id: str) -> list[bytes]:
    """The canonical forms of a segment's requests; empty if there was no such segment."""
    return [canonical_json(request) for request in last.requests.get(id, ())]


def recall(folder: Path) -> LastRun:
    """The last run into a folder; an empty one if there was none or run.json cannot be read."""
    try:
        return read(folder / RECORD, LastRun)
    except OSError:
        return LastRun()


def read(path: Path, kind: type[Record[R]]) -> Record[R]:
    """A record; an empty one if there is none or it is not valid. Raises OSError."""
    try:
        return msgspec.json.decode(regular.read(path, limits.RECORD_BYTES), type=kind)
    except (
        FileNotFoundError,
        regular.NotRegular,
        regular.TooLarge,
        msgspec.MsgspecError,
        UnicodeDecodeError,
    ):
        return kind()


def encode(record: RunRecord) -> bytes:
    """The bytes of run.json."""
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"
