"""What --help prints, for every command."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from narrate import cli
from narrate.cli import app as line
from narrate.cli import options
from narrate.config import ABOUT, Settings
from narrate.errors import EXIT_CODES
from support.project import Narrate

MOST_PARAMETERS = 8


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    """The command line with every command."""
    for name in line.COMMANDS:
        line._register(name)
    return line.app


def help_of(app: typer.Typer, *command: str) -> str:
    ran = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "100"})
    assert ran.exit_code == 0, ran.output
    return ran.output


@pytest.mark.parametrize("command", ["", *line.COMMANDS, "cache export", "models pull"])
def test_a_flag_has_no_type(app: typer.Typer, command: str) -> None:
    assert not re.search(r"<[a-z\[\]]+>", help_of(app, *command.split()))


def test_the_exit_codes_are_listed_once(app: typer.Typer) -> None:
    whole = " ".join(help_of(app).split())
    assert all(whole.count(f"{code} {meaning}.") == 1 for code, meaning in EXIT_CODES.items())


@pytest.mark.parametrize("command", ["run", "plan", "clone", "cache ls", "engines install"])
def test_a_command_says_where_the_exit_codes_are(app: typer.Typer, command: str) -> None:
    assert help_of(app, *command.split()).count("Exit codes: see `narrate --help`.") == 1


def test_an_argument_has_its_brackets_once(app: typer.Typer) -> None:
    assert "narrate run [OPTIONS] [SCRIPT|ID]...\n" in usage(app, "run")
    assert "narrate init [OPTIONS] [DIR|SCRIPT]\n" in usage(app, "init")
    assert "narrate models pull [OPTIONS] [ID]\n" in usage(app, "models", "pull")


def usage(app: typer.Typer, *command: str) -> str:
    """The usage line of a command, under the name by which a person calls it."""
    ran = CliRunner().invoke(app, [*command, "--help"], prog_name="narrate")
    return re.sub(r" +\n", "\n", ran.output)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("narrate pl", {"plan"}),
        (
            "narrate run --fo",
            {"--force", "--force-output", "--format", "--format-in", "--formulas"},
        ),
        ("narrate cache ", {"dir", "ls", "stats", "verify", "prune", "clear", "export", "import"}),
    ],
)
def test_a_shell_completes_commands_and_flags(
    narrate: Narrate, words: str, found: set[str]
) -> None:
    env = {
        "_NARRATE_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    assert set(narrate(env=env).out.split()) == found


def test_completion_is_installed_for_the_shell(narrate: Narrate) -> None:
    home = narrate.root / "home"
    home.mkdir()
    # Otherwise Typer takes the shell that runs the tests, which may be the one of make.
    env = {"HOME": str(home), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    assert "_NARRATE_COMPLETE" in narrate("--show-completion", "bash", env=env).out
    assert "completion installed in" in narrate("--install-completion", "bash", env=env).out
    assert any(
        "_NARRATE_COMPLETE" in path.read_text() for path in home.rglob("*.*") if path.is_file()
    )


@pytest.mark.parametrize("command", ["run", "plan", "status", "why", "cache export"])
def test_the_flags_of_settings_are_those_of_the_settings(app: typer.Typer, command: str) -> None:
    _, panel = help_of(app, *command.split()).split("Settings (")
    flags = re.findall(r"(--[a-z-]+) ", panel)
    known = {name: about for name, about in ABOUT.items() if about.flags}
    named = {about.flags[-1]: about.help for about in known.values()}
    assert len(flags) >= 5
    assert all(named[flag] in panel for flag in flags)


def test_the_summary_of_a_command_is_one_line(app: typer.Typer) -> None:
    """The list of commands shows it, with a break wherever the docstring has one."""
    groups = [group.typer_instance for group in app.registered_groups]
    commands = [each for one in (app, *groups) if one for each in one.registered_commands]
    assert len(commands) > 20
    for command in commands:
        summary = str(command.callback.__doc__).strip().partition("\n\n")[0]
        assert "\n" not in summary, summary


def test_a_command_receives_its_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that were not given are None, so that other sources decide; folders are absolute."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    received: list[dict[str, object]] = []
    app = typer.Typer()

    @app.command()
    @options.takes("out", "jobs", "offline")
    def command(flags: options.Flags, json: options.Json = False) -> None:
        received.append({**flags, "json": json})

    runner = CliRunner()
    assert runner.invoke(app, ["--json"]).exit_code == 0
    assert runner.invoke(app, ["-C", "there", "-o", "x", "-j", "2", "--offline"]).exit_code == 0
    assert received == [
        {"out": None, "jobs": None, "offline": None, "json": True},
        {"out": str(tmp_path / "there" / "x"), "jobs": 2, "offline": True, "json": False},
    ]


def functions() -> Iterator[ast.FunctionDef]:
    for path in Path(cli.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_no_function_of_the_command_line_has_many_parameters() -> None:
    counts = {each.name: len(each.args.args) + len(each.args.kwonlyargs) for each in functions()}
    assert max(counts.values()) <= MOST_PARAMETERS, counts
    assert set(ABOUT) < set(Settings.__struct_fields__)
