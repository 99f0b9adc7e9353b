"""An audit hook for a process and all that it starts; put as sitecustomize.py on PYTHONPATH it
comes before all else.

AUDIT_LOG is where it writes a line an event, and AUDIT_WRITABLE names the folders in which files
may be changed.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import threading

FORBIDDEN = {
    "http.client.connect": "sockets",
    "os.exec": "programs",
    "os.fork": "programs",
    "os.forkpty": "programs",
    "os.posix_spawn": "programs",
    "os.system": "programs",
    "pickle.find_class": "pickles",
    "pty.spawn": "programs",
    "socket.bind": "sockets",
    "socket.connect": "sockets",
    "socket.getaddrinfo": "sockets",
    "socket.gethostbyaddr": "sockets",
    "socket.gethostbyname": "sockets",
    "socket.sendmsg": "sockets",
    "socket.sendto": "sockets",
    "urllib.Request": "sockets",
}
"""What no run does at all, and the name under which it is counted."""

CHANGES: dict[str, tuple[tuple[int, int | None], ...]] = {
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.link": ((0, 2), (1, 3)),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.removexattr": ((0, None),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.setxattr": ((0, None),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.utime": ((0, 3),),
    "shutil.chown": ((0, None),),
    "shutil.copyfile": ((1, None),),
    "shutil.copymode": ((1, None),),
    "shutil.copystat": ((1, None),),
    "shutil.copytree": ((1, None),),
    "shutil.make_archive": ((0, None),),
    "shutil.move": ((0, None), (1, None)),
    "shutil.rmtree": ((0, 1),),
    "shutil.unpack_archive": ((1, None),),
    "sqlite3.connect": ((0, None),),
}
"""What changes the file system: the places of its paths among its arguments, and of the folders
that they start in.
"""

WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
ROLE = "worker" if any("narrate.workers.worker" in word for word in sys.orig_argv) else "parent"


class Forbidden(BaseException):
    """Passes every `except Exception`, so that what was forbidden also ends the process."""


def install(log: str, writable: list[str]) -> None:
    """Watch this process from now on, for good."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    folders = [os.path.realpath(folder) for folder in writable]
    own = threading.local()

    def hook(event: str, args: tuple[object, ...]) -> None:
        if getattr(own, "busy", False) or not (
            event in FORBIDDEN or event in CHANGES or event in _MORE
        ):
            return
        own.busy = True
        try:
            broken = _judge(event, args, folders)
            line = {"pid": os.getpid(), "role": ROLE, "event": event, "broken": broken}
            if broken or event != "open":
                line["args"] = repr(args)[:500]
            os.write(file, json.dumps(line).encode() + b"\n")
        finally:
            own.busy = False
        if broken:
            raise Forbidden(f"{broken}: {event} {args!r}")

    sys.addaudithook(hook)


_MORE = ("open", "subprocess.Popen")


def _judge(event: str, args: tuple[object, ...], folders: list[str]) -> str:
    """The name of the rule that an event breaks, or nothing."""
    if event in FORBIDDEN:
        return FORBIDDEN[event]
    if event == "subprocess.Popen":
        # The worker: this interpreter with a program of narrate's own, and no shell between.
        return "" if args[0] == sys.executable else "programs"
    if event == "open":
        flags = args[2]
        writes = isinstance(flags, int) and flags & WRITE
        return "outside" if writes and not _inside(args[0], None, folders) else ""
    places = [
        (args[path], None if start is None else args[start]) for path, start in CHANGES[event]
    ]
    return "" if all(_inside(path, start, folders) for path, start in places) else "outside"


def _inside(path: object, start: object, folders: list[str]) -> bool:
    """Whether a path, taken from an open folder if there is one, leads to where files may be
    changed.
    """
    if isinstance(path, int) or path is None:
        # A descriptor: it was judged when it was opened.
        return True
    base = _path_of(start) if isinstance(start, int) and start >= 0 else os.getcwd()
    real = os.path.realpath(os.path.join(base, os.fsdecode(path)))  # type: ignore[arg-type]
    return real == os.devnull or any(
        real == folder or real.startswith(folder + os.sep) for folder in folders
    )


def _path_of(descriptor: int) -> str:
    if sys.platform == "darwin":
        return os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
    return os.readlink(f"/proc/self/fd/{descriptor}")


if log := os.environ.get("AUDIT_LOG"):
    install(log, os.environ["AUDIT_WRITABLE"].split(os.pathsep))
