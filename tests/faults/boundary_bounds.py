"""Bounds and words attacked: what is no file, streams that fail, servers without end, escapes in
every field.
"""

from __future__ import annotations

import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / room) for room in ("cli", "engines")]

import test_escapes as escapes  # noqa: E402
import test_special_files as special  # noqa: E402
import test_speech_server as servers  # noqa: E402
import test_surroundings as surroundings  # noqa: E402

from narrate.engines.openai.budget import Budget  # noqa: E402
from narrate.engines.openai.server import Server, ServerError  # noqa: E402
from support.project import Narrate, Ran, lines  # noqa: E402

SURROUNDINGS = (
    *("{} >&-", "{} 2>&-", "{} <&- >&- 2>&-", "{} >/dev/full", "{} 2>/dev/full"),
    *(
        "ulimit -f 8; {}",
        "ulimit -n 8; {}",
        "umask 0777; {}",
        "mkdir gone; cd gone; rmdir ../gone; {}",
    ),
)


def attack(root: Path) -> dict[str, int]:
    """Run all attacks in an empty folder; count them, and the commands that hung or said what they
    should not.
    """
    special.prepare(_project(root / "special"))
    with ThreadPoolExecutor() as pool:
        late = pool.map(_is_late, servers.BEHAVIOURS)
        parts = [
            pool.submit(_escapes, root / "escapes"),
            pool.submit(_surroundings, root / "surroundings"),
        ]
        parts += [pool.submit(_special, root, number) for number in range(len(special.PLACES))]
    ran = [each for part in parts for each in part.result()]
    ended = [each for each in ran if each is not None]
    return {
        "attacks": len(ran) + len(servers.BEHAVIOURS),
        "hangs": len(ran) - len(ended) + sum(late),
        "tracebacks": sum("Traceback" in each.err for each in ended),
        "faults_of_narrate": sum("fault of narrate" in each.err for each in ended),
        "raw_escapes": sum(bool(escapes.raw(each.out + each.err)) for each in ended),
    }


def _project(root: Path) -> Narrate:
    root.mkdir(exist_ok=True)
    return Narrate(root, NARRATE_ENGINE="tone", NARRATE_TIMEOUT="20")


def _special(root: Path, number: int) -> list[Ran | None]:
    """A FIFO or, in every second one, an endless file in a place of a project that was narrated."""
    shutil.copytree(root / "special", root / f"special-{number}")
    narrate = _project(root / f"special-{number}")
    narrate.env |= special.own_places(narrate)
    make = special.endless if number % 2 else special.fifo
    return [ran for _, ran in special.at(narrate, special.PLACES[number], make)]


def _surroundings(root: Path) -> list[Ran | None]:
    narrate = _project(root)
    narrate.write("script.json", lines("Rows meet columns."))
    narrate.env["PYTHONWARNINGS"] = ""
    return [surroundings.shell(narrate, trouble, "run") for trouble in SURROUNDINGS]


def _escapes(root: Path) -> list[Ran | None]:
    narrate = _project(root)
    escapes.plant(narrate)
    escapes.plugin(narrate.root)
    # The tests run all of them.
    return [escapes.run(narrate, command) for command in escapes.COMMANDS[::3]]


def _is_late(name: str) -> bool:
    """Whether a request to a server that never comes to an end takes longer than it may."""
    with servers.serving(servers.BEHAVIOURS[name]) as port:
        server = Server(f"http://127.0.0.1:{port}/v1", None, servers.SECONDS)
        started = time.monotonic()
        with suppress(ServerError):
            server.post("/audio/speech", servers.document(name), Budget(1 << 20).share())
        return time.monotonic() - started > servers.SECONDS + 5
