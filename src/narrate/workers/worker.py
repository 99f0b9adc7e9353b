"""The process side of an engine: frames in, frames out, until the parent goes away.

It needs the standard library, numpy and the engine's own packages, so that any environment can run
it.

parent → worker
    {"load": model}                                 once
    {"voice": digest, "rate": Hz, "transcript": t}  with the float32 samples of a reference
    {"synthesize": [{"request": …, "attempt": n, "refused": n}, …]}
    {"stream": {"request": …, "attempt": n, "refused": n}}
    {"hear": language or null}                      with float32 samples at 16 kHz
    {"usage": true}
worker → parent
    {"ready": engine, "versions": {…}, …}           once, when the engine has loaded
    {"stop": reason, "rate": Hz, "seconds": s, …}   one a job, with its float32 samples
    {"streamed": true}                              after the pieces of a stream, as for jobs
    {"heard": {…}}                                  what is said; see `base.Transcript`
    {"usage": {…}}                                  the most memory held so far, in bytes
    {"error": kind, "message": text}                instead of a job's samples, or of "ready"

An error is "unspeakable" (this job cannot be spoken), "unusable" (it is the wrong engine or model),
or "failed" (the engine broke; another attempt may succeed).
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import queue
import resource
import signal
import sys
import threading
import time
from typing import IO, Any

from narrate.engines import base
from narrate.request import Request
from narrate.workers import frames

PR_SET_PDEATHSIG = 1
"""prctl(2)."""

Frame = tuple[dict[str, Any], bytes]


def main(name: str, path: str) -> None:
    """Serve one engine, whose module has the given dotted path, over what were standard input and
    output.
    """
    replies, inbox = connected()
    module = importlib.import_module(path)
    engine = module.Engine()
    try:
        engine.load(base.ModelRef(**inbox.get()[0]["load"]))
    except Exception as error:
        frames.write(replies, _failure(error))
        return
    frames.write(
        replies, {"ready": name, "versions": _versions(module.CAPABILITIES), **_facts(engine)}
    )
    voices: dict[str, base.Reference] = {}
    while True:
        header, payload = inbox.get()
        if "usage" in header:
            frames.write(replies, {"usage": _usage(engine)})
        elif "voice" in header:
            voices[header["voice"]] = reference(header, payload)
        elif "hear" in header:
            _hear(engine, header["hear"], payload, replies)
        elif "stream" in header:
            _stream(engine, header["stream"], voices, replies)
        else:
            _serve(engine, header["synthesize"], voices, replies)


def connected() -> tuple[IO[bytes], queue.SimpleQueue[Frame]]:
    """Where replies go and frames come from; the process ends with its parent."""
    _die_with_parent()
    requests, replies = _take_pipes()
    inbox: queue.SimpleQueue[Frame] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, inbox), daemon=True).start()
    return replies, inbox


def _die_with_parent() -> None:
    """Have Linux end this process with its parent, even if a library never lets `_listen` run."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Keep private copies of the pipes, and point file descriptor 1 at stderr: libraries print to
    stdout.
    """
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, replies


def _listen(requests: IO[bytes], inbox: queue.SimpleQueue[Frame]) -> None:
    """Pass frames on; when the parent is gone, die with it, even in the middle of a job."""
    while True:
        try:
            frame = frames.read(requests)
        except frames.BrokenFrame:
            frame = None
        if frame is None:
            os._exit(0)
        inbox.put(frame)


def reference(header: dict[str, Any], payload: bytes) -> base.Reference:
    """The reference of a frame, of which the payload holds the samples."""
    import numpy as np

    return base.Reference(np.frombuffer(payload, "<f4"), header["rate"], header["transcript"])


def _job(item: dict[str, Any]) -> base.Job:
    return base.Job(Request.from_json(item["request"]), item["attempt"], item["refused"])


def _serve(
    engine: base.Engine,
    items: list[dict[str, Any]],
    voices: dict[str, base.Reference],
    replies: IO[bytes],
) -> None:
    """Answer every job of a batch in order; a failure of the batch answers all that are left."""
    jobs = [_job(item) for item in items]
    answered = 0
    started = time.perf_counter()
    try:
        for result in engine.synthesize(jobs, voices):
            seconds = time.perf_counter() - started
            if isinstance(result, Exception):
                frames.write(replies, _failure(result))
            else:
                _answer(replies, result, seconds)
            answered += 1
            started = time.perf_counter()
    except Exception as error:
        for _ in jobs[answered:]:
            frames.write(replies, _failure(error))
    else:
        for _ in jobs[answered:]:
            frames.write(replies, {"error": "failed", "message": "the engine gave no result"})


def _stream(
    engine: Any, item: dict[str, Any], voices: dict[str, base.Reference], replies: IO[bytes]
) -> None:
    """Answer a job piece by piece."""
    started = time.perf_counter()
    try:
        for piece in engine.stream(_job(item), voices):
            _answer(replies, piece, time.perf_counter() - started)
    except Exception as error:
        frames.write(replies, _failure(error))
    else:
        frames.write(replies, {"streamed": True})


def _hear(engine: Any, language: str | None, payload: bytes, replies: IO[bytes]) -> None:
    """Answer what is said in some samples."""
    import numpy as np

    try:
        heard = engine.hear(np.frombuffer(payload, "<f4"), language)
    except Exception as error:
        frames.write(replies, _failure(error))
    else:
        frames.write(replies, {"heard": heard})


def _answer(replies: IO[bytes], sound: base.Synthesis, seconds: float) -> None:
    header = {
        "stop": sound.stop,
        "rate": sound.rate,
        "seconds": seconds,
        "memory": _memory(),
        "words": sound.words,
    }
    frames.write(replies, header, sound.samples.astype("<f4", copy=False).tobytes())


def _failure(error: Exception) -> dict[str, str]:
    if isinstance(error, base.Unspeakable):
        return {"error": "unspeakable", "message": str(error)}
    if isinstance(error, base.Unusable):
        return {"error": "unusable", "message": str(error)}
    return {"error": "failed", "message": f"{type(error).__name__}: {error}"}


def _versions(capabilities: base.Capabilities) -> dict[str, str]:
    """The versions of an engine's packages, as far as they are installed."""
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, str] = {}
    for name in capabilities.packages:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _usage(engine: base.Engine) -> dict[str, int]:
    """The most memory that the process and its device have held, in bytes."""
    device = getattr(engine, "device_memory", None)
    return {"memory": _memory(), "device_memory": device() if device else 0}


def _memory() -> int:
    """The most memory that the process has held, in bytes; macOS counts bytes, others kibibytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


def _facts(engine: base.Engine) -> dict[str, str]:
    """What the engine chose: shown by doctor and bench."""
    names = ("kind", "device", "dtype")
    return {name: str(getattr(engine, name)) for name in names if hasattr(engine, name)}
