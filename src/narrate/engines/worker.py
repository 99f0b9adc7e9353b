"""The process side of an engine: frames in, frames out, until the parent goes away.

Run as `python -m narrate.engines.worker ENGINE`. It needs the standard library, numpy and the engine's own
packages, so that any environment can run it.

parent → worker  {"synthesize": [{"request": …, "attempt": n, "refused": n}, …]}
worker → parent  {"ready": engine, "versions": {…}}              once, after loading
                 {"stop": reason, "rate": Hz, "seconds": s}      one a job, with its float32 samples as payload
                 {"error": "unspeakable" | "failed" | "load", "message": text}
"""

from __future__ import annotations

import importlib
import os
import queue
import sys
import threading
import time
from typing import IO, Any

from narrate.engines import base, frames
from narrate.request import Request


def main(name: str) -> None:
    """Serve one engine over the pipes that were standard input and output."""
    requests, replies = _take_pipes()
    module = importlib.import_module(f"narrate.engines.{name}")
    engine = module.Engine()
    try:
        engine.load()
    except Exception as error:
        frames.write(replies, {"error": "load", "message": f"{type(error).__name__}: {error}"})
        return
    frames.write(replies, {"ready": name, "versions": _versions(module.CAPABILITIES)})
    inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, inbox), daemon=True).start()
    while True:
        _serve(engine, inbox.get(), replies)


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Keep private copies of the pipes and point file descriptor 1 at stderr: libraries print to stdout."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, replies


def _listen(requests: IO[bytes], inbox: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Pass frames on; when the parent is gone, die with it, even in the middle of a job."""
    while True:
        try:
            frame = frames.read(requests)
        except frames.BrokenFrame:
            frame = None
        if frame is None:
            os._exit(0)
        inbox.put(frame[0])


def _serve(engine: base.Engine, header: dict[str, Any], replies: IO[bytes]) -> None:
    jobs = [
        base.Job(Request.from_json(item["request"]), item["attempt"], item["refused"]) for item in header["synthesize"]
    ]
    started = time.perf_counter()
    try:
        for sound in engine.synthesize(jobs):
            seconds = time.perf_counter() - started
            frames.write(replies, {"stop": sound.stop, "rate": sound.rate, "seconds": seconds}, _raw(sound))
            started = time.perf_counter()
    except base.Unspeakable as error:
        frames.write(replies, {"error": "unspeakable", "message": str(error)})
    except Exception as error:
        frames.write(replies, {"error": "failed", "message": f"{type(error).__name__}: {error}"})


def _raw(sound: base.Synthesis) -> bytes:
    return sound.samples.astype("<f4", copy=False).tobytes()


def _versions(capabilities: base.Capabilities) -> dict[str, str]:
    from importlib.metadata import version

    names = [name for name in (capabilities.distribution, "numpy") if name]
    return {name: version(name) for name in names}


if __name__ == "__main__":
    main(sys.argv[1])
