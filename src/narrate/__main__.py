"""The entry point: the stamp first, then the command line."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # `python -m` puts the current folder first on the search path, and a script may lie beside a
    # file called numpy.py.
    try:
        if sys.path[:1] == [os.getcwd()]:
            del sys.path[0]
    except OSError:
        pass

from narrate import stamp  # noqa: E402


def main() -> None:
    """Exit immediately if there is nothing to do; else run the command line."""
    if sys.getfilesystemencoding() == "ascii":
        _restart_in_utf8()
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _prepare()
    try:
        argv = [os.getcwd(), *sys.argv[1:]]
    except OSError:
        from narrate.base import terminal

        terminal.tell("error: the current folder no longer exists", "  next: change to another one")
        sys.exit(6)
    said = stamp.reply(argv)
    if said is not None:
        out, err = said
        try:
            # They passed the gate in `terminal` before the stamp was kept.
            sys.stdout.write(out)
            sys.stdout.flush()
            out = ""
            sys.stderr.write(err)
            sys.stderr.flush()
        except (OSError, ValueError):
            _repeat(out, err)
        return
    _prepare()
    import signal

    # Until a command has begun there is nothing to clean up, and an interrupted import would print
    # a traceback.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from narrate.cli.app import start

    try:
        start(argv)
    except KeyboardInterrupt:
        sys.exit(130)


def _restart_in_utf8() -> None:
    """Start again with names of files in UTF-8, as in ASCII a file called größe cannot be opened.

    Python itself does so in the C locale, unless it is told not to.
    """
    if "utf8" not in sys._xoptions:
        os.environ.setdefault("PYTHONIOENCODING", "ascii")
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _prepare() -> None:
    from narrate.base import terminal

    terminal.prepare()


def _repeat(out: str, err: str) -> None:
    """Print to streams that are closed, full, or have another encoding."""
    from narrate.base import terminal

    terminal.prepare()
    try:
        terminal.write(out)
        terminal.finish()
    except terminal.StdoutLost as lost:
        from narrate.cli.app import leave

        leave(lost)
    terminal.tell(*err.splitlines())


if __name__ == "__main__":
    main()
