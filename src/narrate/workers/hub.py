"""Downloads a model from the hub, in an engine's own interpreter, as narrate itself has no hub
client.

arguments: a hub id, and a revision or nothing
stdout:    a JSON object a line: {"done": bytes, "total": bytes} while it goes on,
           at the end {"folder": path}, {"unreachable": why} or {"error": text}

It needs the standard library and huggingface_hub, which honours HF_HOME, HF_TOKEN and HF_ENDPOINT.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from narrate.base import network
from narrate.engines import base

SECONDS = 0.5
"""Between two reports of progress."""


def main(name: str, revision: str) -> None:
    """Download what is missing of a model, and print its folder."""
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    try:
        _say(folder=_fetch(name, revision or "main"))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # the client raises those of its network library as they are
        if why := network.unreachable(error):
            _say(unreachable=why)
        else:
            _say(error=_reason(error))
        sys.exit(1)


def _reason(error: Exception) -> str:
    """What the hub answered, or else what the client says, in one line."""
    known = {
        401: "the hub has no such model, or wants a login",
        403: "the hub refuses it with this login",
        404: "the hub has no such model or revision",
        429: "the hub wants fewer requests: try again later",
    }
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status:
        return known.get(status, f"the hub answered {status}")
    return base.first_line(error)


def _fetch(name: str, revision: str) -> str:
    from huggingface_hub import HfApi, constants, snapshot_download

    # Asked first, as some versions of snapshot_download take half a model for a whole one when the
    # hub is away.
    files = HfApi().model_info(name, revision=revision, files_metadata=True).siblings or []
    blobs = Path(constants.HF_HUB_CACHE, f"models--{name.replace('/', '--')}", "blobs")
    done = threading.Event()
    total = sum(file.size or 0 for file in files)
    threading.Thread(target=_watch, args=(blobs, total, done), daemon=True).start()
    folder = Path(snapshot_download(name, revision=revision))
    done.set()
    if missing := [file.rfilename for file in files if not (folder / file.rfilename).exists()]:
        raise OSError(f"{len(missing)} of {len(files)} files did not arrive, such as {missing[0]}")
    return str(folder)


def _watch(blobs: Path, total: int, done: threading.Event) -> None:
    """Tell how much of the model has arrived; other revisions of it may count too."""
    while True:
        _say(done=min(sum(map(_size, blobs.glob("*"))), total), total=total)
        if done.wait(SECONDS):
            return


def _size(blob: Path) -> int:
    try:
        return blob.stat().st_size
    except OSError:
        # It has just been renamed, as it is whole now.
        return 0


def _say(**words: Any) -> None:
    # One write a line: two threads talk.
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()
