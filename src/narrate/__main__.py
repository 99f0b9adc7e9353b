"""The entry point: the stamp first, then the command line."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # `python -m` puts the current folder first on the search path, where a script may lie beside a numpy.py.
    try:
        if sys.path[:1] == [os.getcwd()]:
            del sys.path[0]
    except OSError:
        pass

from narrate import stamp  # noqa: E402


def main() -> None:
    """Answer at once if there is nothing to do; else hand over to the command line."""
    try:
        told = [os.getcwd(), *sys.argv[1:]]
    except OSError:
        sys.exit("error: the current folder does not exist any more: change to another one")
    said = stamp.reply(told)
    if said is not None:
        sys.stdout.write(said[0])
        sys.stderr.write(said[1])
        return
    import signal

    # Until a command has begun there is nothing to clean up, and an interrupted import would be told as a traceback.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from narrate.cli.app import start

    try:
        start(told)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
