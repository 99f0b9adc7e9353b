"""Trouble of the surroundings is told in words with exit code 6, or done without: it is never a
fault of narrate.
"""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from support.project import Narrate, Ran, lines

DONE = "build/narration/manifest.json\n"
FULL = Path("/dev/full")
full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def shell(narrate: Narrate, redirections: str, *command: str, **env: str) -> Ran:
    """Run a command of narrate in a shell with redirections or limits; {} stands for the
    command.
    """
    words = f"{sys.executable} -m narrate {' '.join(command)}"
    done = subprocess.run(
        ["bash", "-c", redirections.format(words)],
        cwd=narrate.folder,
        env=os.environ | narrate.env | env,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def child(narrate: Narrate, prelude: str, *command: str, **env: str | None) -> Ran:
    """Run a command of narrate in a process that does something to itself first."""
    program = f"import os, runpy, sys\n{prelude}\nsys.argv = sys.argv[:1] + {[*command]!r}\n"
    program += "runpy.run_module('narrate', run_name='__main__', alter_sys=True)"
    environment = {**os.environ, **narrate.env, **env}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=narrate.folder,
        env={name: value for name, value in environment.items() if value is not None},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def in_words(ran: Ran, code: int = 6) -> bool:
    """Whether a command failed with two lines that say what, where and what next."""
    *_, error, hint = ["", "", *ran.err.splitlines()]
    sound = (
        error.startswith("error: ") and hint.startswith("  next: ") and "Traceback" not in ran.err
    )
    return ran.code == code and sound and "fault of narrate" not in ran.err


@pytest.fixture
def project(tone: Narrate) -> Narrate:
    tone.write("script.json", lines("Rows meet columns."))
    return tone


@pytest.mark.parametrize(
    "closed", ["{} >&-", "{} 2>&-", "{} >&- 2>&-", "{} <&-", "{} <&- >&- 2>&-"]
)
def test_a_run_does_without_the_streams_that_were_closed(project: Narrate, closed: str) -> None:
    for _ in range(2):
        ran = shell(project, closed, "run", "--jobs", "1")
        assert (ran.code, ran.out) == (0, "" if ">&-" in closed.replace("2>&-", "") else DONE)
        assert "Traceback" not in ran.err
    # Nothing that was printed has ended up in a file that was opened in place of a stream.
    made = project.outputs()
    shutil.rmtree(project.out)
    project.run()
    assert project.outputs() == made


@pytest.mark.parametrize("closed", ["{} >&-", "{} 2>&-", "{} <&- >&- 2>&-"])
@pytest.mark.parametrize(
    "command", [("plan",), ("cache", "ls"), ("cache", "dir"), ("--version",), ("run", "nonesuch")]
)
def test_other_commands_do_without_as_well(
    project: Narrate, command: tuple[str, ...], closed: str
) -> None:
    ran = shell(project, closed, *command)
    assert ran.code == (2 if command[0] == "run" else 0)
    assert "Traceback" not in ran.err


@full
def test_a_full_stdout_is_told_and_no_work_is_lost(project: Narrate) -> None:
    for _ in range(3):
        ran = shell(project, "{} >/dev/full", "run")
        assert in_words(ran), ran
        what = "error: standard output: cannot print to it (No space left on device)"
        assert what in ran.err
    assert len(project.clips) == 1
    assert shell(project, "{}", "run").out == DONE


@full
@pytest.mark.parametrize(
    "command", [("plan", "--json"), ("cache", "ls"), ("cache", "dir"), ("--version",), ("--help",)]
)
def test_so_it_is_by_every_command(project: Narrate, command: tuple[str, ...]) -> None:
    project.run()
    assert in_words(shell(project, "{} >/dev/full", *command))


@full
def test_a_full_stdout_does_not_hide_what_went_wrong(project: Narrate) -> None:
    ran = shell(project, "{} >/dev/full", "run", "nonesuch.json", "--json")
    assert ran.code == 2
    assert "nonesuch.json" in ran.err
    assert "Traceback" not in ran.err


@full
def test_a_run_does_without_a_full_stderr(project: Narrate) -> None:
    for _ in range(2):
        ran = shell(project, "{} 2>/dev/full", "run", "-v")
        assert (ran.code, ran.out) == (0, DONE)
    assert shell(project, "{} 2>/dev/full", "run", "nonesuch.json").code == 2


def test_a_reader_of_stdout_that_goes_away_is_told_nothing(project: Narrate) -> None:
    """The shell's own exit code is that of narrate, as pipefail says."""
    for _ in range(2):
        ran = shell(project, "set -o pipefail; (sleep 0.2; {}) | true", "run", "-q")
        assert (ran.code, ran.err) == (141, "")


def test_a_reader_of_stderr_that_goes_away_stops_no_run(project: Narrate) -> None:
    ran = shell(project, "set -o pipefail; (sleep 0.2; {} 2>&1 >manifest) | true", "run", "-v")
    assert ran.code == 0
    assert (project.folder / "manifest").read_text() == DONE


def test_files_may_be_too_large(project: Narrate) -> None:
    ran = shell(project, "ulimit -f 8; {}", "run")
    assert in_words(ran)
    assert "File too large" in ran.err


@pytest.mark.parametrize("most", [5, 6, 8, 10, 12])
def test_a_run_may_have_too_few_descriptors(project: Narrate, most: int) -> None:
    # Files that are left open when a process cannot be started are closed by the interpreter, which
    # may warn of them.
    ran = shell(project, "ulimit -n %d; {}" % most, "run", PYTHONWARNINGS="")  # noqa: UP031
    assert ran.code == 0 or in_words(ran), ran


def test_what_narrate_makes_its_user_can_use_whatever_the_umask(project: Narrate) -> None:
    assert shell(project, "umask 0777; {}", "run").code == 0
    for path in [*project.out.rglob("*"), *project.cache.rglob("*")]:
        assert path.stat().st_mode & stat.S_IRUSR, path
        assert not path.stat().st_mode & 0o077, path


def failing(error: str) -> str:
    """A program that has planning raise an error."""
    return f"""
from narrate.planning import planner
def make(*_): raise {error}
planner.make = make
"""


NO_PLACES = {"XDG_CACHE_HOME": None, "NARRATE_CACHE_DIR": None}
NO_USER = "import pwd\ndef none(uid): raise KeyError(uid)\npwd.getpwuid = none\n"


@pytest.mark.parametrize(
    "command", [("run",), ("plan",), ("cache", "dir"), ("engines", "list"), ("doctor",)]
)
def test_a_user_may_have_no_home(project: Narrate, command: tuple[str, ...]) -> None:
    ran = child(project, NO_USER, *command, HOME=None, XDG_CONFIG_HOME=None, **NO_PLACES)
    assert in_words(ran), ran
    assert "HOME is not set" in ran.err
    assert not (project.folder / "~").exists()


@pytest.mark.parametrize("variables", [{}, {"XDG_CONFIG_HOME": None}])
def test_a_run_does_without_a_home_if_it_is_told_of_the_cache(
    project: Narrate, variables: dict[str, None]
) -> None:
    ran = child(project, NO_USER, "run", HOME=None, **variables)
    assert (ran.code, ran.out) == (0, DONE)


def test_there_may_be_no_place_for_temporary_files(project: Narrate) -> None:
    ran = child(
        project,
        "import tempfile\ntempfile._candidate_tempdir_list = lambda: ['/nonexistent']\n",
        "run",
    )
    assert in_words(ran)
    assert "TMPDIR" in ran.err


def test_there_may_be_no_more_threads(project: Narrate) -> None:
    prelude = 'import threading\ndef start(self): raise RuntimeError("can\'t start new thread")\n'
    ran = child(project, f"{prelude}threading.Thread.start = start\n", "run")
    assert in_words(ran)
    assert "no more threads" in ran.err


def test_there_may_be_no_more_memory(project: Narrate) -> None:
    prelude = failing("MemoryError")
    assert in_words(child(project, prelude, "run"))


def test_the_current_folder_may_be_gone(project: Narrate) -> None:
    ran = shell(project, "mkdir gone; cd gone; rmdir ../gone; {}", "run")
    assert in_words(ran)


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "POSIX"},
        {"LC_ALL": "no_SUCH.locale"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1:strict"},
    ],
)
def test_any_locale_will_do(tone: Narrate, env: dict[str, str]) -> None:
    tone.write("script.json", lines("Zeilen → Spalten, 你好."))
    for command in (
        ["plan"],
        ["run", "--json"],
        ["run", "--json"],
        ["why", "s1"],
        ["cache", "ls"],
        ["run", "-o", "ä"],
    ):
        ran = shell(tone, "{}", *command, **env)
        assert ran.code == 0, ran
        assert "Traceback" not in ran.err


def test_more_descriptors_than_select_knows_do_no_harm(project: Narrate) -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most != resource.RLIM_INFINITY and most < 1200:
        pytest.skip("so many descriptors are not allowed here")
    limits = "(1200, resource.getrlimit(7)[1])"
    prelude = f"import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, {limits})\n"
    ran = child(project, prelude + "held = [os.dup(0) for _ in range(1100)]\n", "run")
    assert (ran.code, ran.out) == (0, DONE), ran.err


def test_a_verbose_run_shows_where_it_happened(project: Narrate) -> None:
    prelude = failing("OSError(5, 'Input/output error')")
    ran = child(project, prelude, "-v", "run")
    assert ran.code == 6
    assert "Traceback" in ran.err
    assert ran.err.endswith("error: this machine: Input/output error\n  next: check the disk\n")


def test_a_fault_of_narrate_is_told_as_such(project: Narrate) -> None:
    prelude = failing("KeyError('x')")
    ran = child(project, prelude, "run")
    assert ran.code == 1
    assert "this is a fault of narrate" in ran.err
    assert "Traceback" not in ran.err
    assert "Traceback" in child(project, prelude, "-v", "run").err
