"""Decodes every recording that it is named, as a script's recording and as a voice; a line before
and one after each.

Run as a program, as what is hostile may take the process with it. Between its lines, C libraries
print their own.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from narrate import script
from narrate.base.limits import RATES, RECORDING_SECONDS
from narrate.errors import ScriptError
from narrate.sound import audio
from narrate.voices import voice


def outcome(path: Path) -> str:
    """`decoded`, `refused`, or what should never be."""
    try:
        audio.admit_file(path, "here")
        pcm, rate = audio.decode(path, "here")
        cloned = voice.load(script.RecordedVoice(path.name, ""), path.parent, "here")
    except ScriptError as error:
        said = f"{error.where}{error.what}{error.hint}"
        return (
            "refused"
            if error.where == "here" and error.hint and said.isprintable()
            else f"says {error!r}"
        )
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    samples = cloned.reference.samples
    if not (
        rate in RATES
        and 0 < len(pcm) <= 2 * (RECORDING_SECONDS * rate + 1)
        and np.isfinite(samples).all()
    ):
        return f"gives {len(pcm)} bytes at {rate} Hz, the loudest {np.abs(samples).max()}"
    return "decoded"


if __name__ == "__main__":
    for line in sys.stdin:
        name = line.rstrip("\n")
        print("case", name, flush=True)
        started = time.process_time()
        result = " ".join(outcome(Path(name)).split())
        print("result", f"{time.process_time() - started:.3f}", result, flush=True)
