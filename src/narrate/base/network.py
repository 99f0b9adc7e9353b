"""Why a network could not be used, in a few words. Standard library only: workers import this
file.
"""

from __future__ import annotations

import errno
import os

HUB = "https://huggingface.co"

FAULTS = (
    *(errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE),
    *(errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EHOSTDOWN),
)
"""What the system says when a network, and not a disk, fails."""


def hub_host() -> str:
    """The host of the hub that its client asks: that of HF_ENDPOINT, else huggingface.co."""
    endpoint = os.environ.get("HF_ENDPOINT") or HUB
    place = endpoint.rpartition("://")[2].partition("/")[0]
    return place.rpartition("@")[2]


def unreachable(error: BaseException) -> str:
    """Why no connection came about, if that is what an error of a network library comes from; else
    "".

    Such libraries wrap the error of the system in several of their own, so the innermost counts.
    """
    found = ""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        found = _words(cause) or found
        cause = cause.__cause__ or cause.__context__
    return found


def _words(error: BaseException) -> str:
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "gaierror" in kinds:
        return "its name cannot be resolved"
    if "SSLError" in kinds:
        return f"no secure connection: {getattr(error, 'reason', None) or 'SSL error'}"
    if any("Timeout" in kind for kind in kinds):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno in FAULTS:
        return (error.strerror or str(error)).lower()
    return ""
