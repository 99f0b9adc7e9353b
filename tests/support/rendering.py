"""One audio file out of parts, for tests of what ends up in it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from narrate.cache import Store
from narrate.config import Format
from narrate.output.render import blocks
from narrate.output.timeline import Part
from narrate.output.writers.encoders import encode


def render(parts: Iterable[Part], rate: int, format: Format, store: Store, path: Path) -> str:
    """Write parts to an audio file, and return its digest."""
    parts = tuple(parts)
    with closing(encode(path, format, rate, sum(part.samples for part in parts))) as encoder:
        for block in blocks(parts, rate, store):
            encoder.write(block)
        return encoder.finish()


def peak() -> int:
    """The most memory that this process has had, in KiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
