"""Other people's code and settings: what a folder may hold without being run, and whose settings
are obeyed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from narrate import config
from narrate.base.files import ownership
from narrate.config import Settings, resolve
from narrate.errors import UsageError
from narrate.workers import environments, process
from support.project import Narrate, lines

STRANGER = 65_534


def program(path: Path, log: Path) -> Path:
    """A Python that writes a line when it is started: its folder and its arguments."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "$PWD $1" >> {log}\nexec {sys.executable} "$@"\n')
    path.chmod(0o755)
    return path


# Code in the folder of a script


def test_a_worker_starts_isolated_in_a_folder_of_roots(tone: Narrate, tmp_path: Path) -> None:
    python = program(tmp_path / "python", tmp_path / "log")
    tone.write("narrate.toml", f'[engines.tone]\npython = "{python}"\n')
    tone.write("script.json", lines("Rows."))
    tone.run()
    started = (tmp_path / "log").read_text().splitlines()
    # It is asked for its version first, in a way that every Python understands.
    # It is looked at before anything is spoken, and again when its worker starts.
    assert started == [*["/ -c"] * 3, "/ -P"]


@pytest.mark.parametrize("name", ["types", "functools", "contextlib", "operator", "keyword"])
def test_a_module_beside_the_script_is_not_run(tone: Narrate, tmp_path: Path, name: str) -> None:
    for file in (f"{name}.py", "numpy.py", "soundfile.py", "sitecustomize.py"):
        tone.write(
            file,
            f"open({str(tmp_path / 'log')!r}, 'a').write(__file__)\nraise SystemExit('hijacked')\n",
        )
    tone.write("script.json", lines("Rows."))
    ran = tone("run", "script.json", program=("-P", "-m", "narrate"))
    assert ran.code == 0, ran.err
    assert not (tmp_path / "log").exists()


def test_python_m_imports_from_the_current_folder_no_longer_than_it_must(
    tone: Narrate, tmp_path: Path
) -> None:
    """What Python imports before narrate begins is out of reach; what narrate itself imports is
    not.
    """
    for name in (
        "numpy",
        "soundfile",
        "typer",
        "rich",
        "msgspec",
        "xxhash",
        "zlib",
        "tomllib",
        "json",
    ):
        tone.write(f"{name}.py", f"open({str(tmp_path / 'log')!r}, 'a').write(__file__)\n")
    tone.write("script.json", lines("Rows."))
    ran = tone("run", "script.json", program=("-m", "narrate"))
    assert ran.code == 0, ran.err
    assert not (tmp_path / "log").exists()


def test_paths_in_variables_keep_their_meaning_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f":lib:{os.pathsep}/abs")
    monkeypatch.setenv("HF_HOME", "hf:1")
    monkeypatch.setenv("HF_TOKEN_PATH", "~/token")
    monkeypatch.setenv("TORCH_HOME", "")
    found = process.environment_for(sys.executable)
    assert found["PYTHONPATH"] == f"{tmp_path}/lib:/abs"
    assert (found["HF_HOME"], found["HF_TOKEN_PATH"], found["TORCH_HOME"]) == (
        f"{tmp_path}/hf:1",
        "~/token",
        "",
    )


def test_an_empty_path_in_pythonpath_is_not_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('hijacked')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{os.environ.get('PYTHONPATH', '')}:")
    assert environments.probe(sys.executable)["python"]


# Whose settings are obeyed


def settings(folder: Path, **environment: str) -> config.Config:
    return resolve({}, {}, folder, {"XDG_CONFIG_HOME": str(folder / "none"), **environment})


Spoil = Callable[[Path, pytest.MonkeyPatch], None]


def give_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a file somebody else's; who may not do that becomes somebody else."""
    if os.geteuid() == 0:
        os.chown(path, STRANGER, -1, follow_symlinks=False)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: STRANGER)


def by_another_owner(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give_away(path, monkeypatch)


def by_the_mode_of_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.chmod(0o666)


def by_the_mode_of_the_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.chmod(0o777)


def by_the_owner_of_the_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give_away(path.parent, monkeypatch)


def by_a_link(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.rename(path.with_name("target"))
    path.symlink_to("target")
    give_away(path, monkeypatch)


def by_a_target(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.rename(path.with_name("target"))
    path.symlink_to("target")
    give_away(path.with_name("target"), monkeypatch)


SPOILT: dict[Spoil, str] = {
    by_another_owner: "it belongs to ",
    by_the_mode_of_the_file: "every user can write to it",
    by_the_mode_of_the_folder: "every user can write to its folder",
    by_the_owner_of_the_folder: "belongs to ",
    by_a_link: "it belongs to ",
    by_a_target: "belongs to ",
}


@pytest.mark.parametrize("spoil", SPOILT)
@pytest.mark.parametrize("name", ownership.NAMES)
def test_settings_that_others_could_have_written_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, spoil: Spoil
) -> None:
    above, folder = tmp_path / "above", tmp_path / "above" / "mine"
    folder.mkdir(parents=True)
    (above / name).write_text(
        "[tool.narrate]\njobs = 3" if name == "pyproject.toml" else "jobs = 3"
    )
    assert (settings(folder).settings.jobs, settings(folder).warnings) == (3, ())
    spoil(above / name, monkeypatch)
    found = settings(folder)
    assert found.settings.jobs == Settings().jobs
    (warning,) = found.warnings
    assert warning.startswith(f"{above / name} is ignored, as ")
    assert SPOILT[spoil] in warning
    assert f"NARRATE_TRUST={above}" in warning
    assert above / name in found.files
    for trusted in (above, tmp_path, f"/nowhere:{tmp_path}"):
        again = settings(folder, NARRATE_TRUST=str(trusted))
        assert (again.settings.jobs, again.warnings) == (3, ())
    assert settings(folder, NARRATE_TRUST=str(folder)).warnings == (warning,)


def test_a_folder_of_all_in_which_nobody_can_replace_a_file_is_fine(tmp_path: Path) -> None:
    (tmp_path / "narrate.toml").write_text("jobs = 3")
    tmp_path.chmod(0o1777)
    assert settings(tmp_path).settings.jobs == 3


@pytest.mark.parametrize("content", ["", "[tool.ruff]\n", "[tool", "[tool]\nnarrate = 3\n"])
def test_a_strangers_pyproject_without_our_settings_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(content)
    give_away(tmp_path / "pyproject.toml", monkeypatch)
    assert settings(tmp_path).warnings == ()


@pytest.mark.parametrize("name", ownership.NAMES)
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to(path.name), Path.mkdir])
def test_what_a_stranger_breaks_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, make: Callable[[Path], None]
) -> None:
    make(tmp_path / name)
    give_away(tmp_path / name, monkeypatch)
    assert len(settings(tmp_path).warnings) == (name == "narrate.toml")


def test_under_sudo_the_settings_of_the_caller_are_obeyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "narrate.toml").write_text("jobs = 3")
    owner = os.geteuid() or STRANGER
    if os.geteuid() == 0:
        os.chown(tmp_path / "narrate.toml", owner, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert settings(tmp_path).warnings
    assert settings(tmp_path, SUDO_UID=str(owner + 1)).warnings
    assert settings(tmp_path, SUDO_UID="root").warnings
    assert settings(tmp_path, SUDO_UID=str(owner)).settings.jobs == 3
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert settings(tmp_path, SUDO_UID=str(owner)).warnings


def fps(narrate: Narrate) -> object:
    return narrate.manifest["timeline"]["fps"]


def test_every_run_tells_what_it_ignores_one_with_nothing_to_do_included(tone: Narrate) -> None:
    tone.write("script.json", lines("Rows."))
    tone.write("narrate.toml", "fps = 24\n").chmod(0o666)
    warning = f"warning: {tone.folder / 'narrate.toml'} is ignored, as every user can write to it"
    assert warning in tone("run", "script.json", "--json").err
    assert fps(tone) != 24
    time.sleep(0.2)
    tone("run", "script.json")
    assert list((tone.cache / "stamps").iterdir())
    assert warning in tone("run", "script.json").err
    for command in (
        ("plan", "script.json"),
        ("status", "script.json"),
        ("cache", "stats"),
        ("engines", "list"),
    ):
        ran = tone(*command)
        assert (ran.code, ran.err.count(warning)) == (0, 1)
    (found,) = (
        each
        for each in tone("doctor", "--json").json["findings"]
        if each["part"] == "configuration"
    )
    assert found["status"] == "warn"
    assert warning.removeprefix("warning: ") in found["text"]
    (tone.folder / "narrate.toml").chmod(0o644)
    assert "warning" not in tone("run", "script.json").err
    assert fps(tone) == 24


# Where the search ends


def test_the_search_ends_at_the_top_of_a_repository(tmp_path: Path) -> None:
    folder = tmp_path / "repository" / "talks"
    folder.mkdir(parents=True)
    (tmp_path / "narrate.toml").write_text("jobs = 3")
    assert settings(folder).settings.jobs == 3
    (folder.parent / ".git").mkdir()
    # A folder of that name is no repository yet.
    assert settings(folder).settings.jobs == 3
    (folder.parent / ".git" / "config").touch()
    assert settings(folder).settings.jobs != 3
    (folder.parent / "narrate.toml").write_text("jobs = 2")
    assert settings(folder).settings.jobs == 2


@pytest.mark.parametrize("mark", [".git", ".hg/requires"])
def test_a_worktree_and_a_mercurial_repository_end_it_too(tmp_path: Path, mark: str) -> None:
    folder = tmp_path / "repository"
    (folder / mark).parent.mkdir(parents=True)
    (folder / mark).write_text("gitdir: elsewhere\n")
    (tmp_path / "narrate.toml").write_text("jobs = 3")
    assert settings(folder).settings.jobs != 3


def test_the_search_ends_at_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "homes" / "me"
    (home / "talks").mkdir(parents=True)
    (tmp_path / "link").symlink_to(home)
    monkeypatch.setenv("HOME", str(tmp_path / "link"))
    (home.parent / "narrate.toml").write_text("jobs = 3")
    assert settings(home / "talks").settings.jobs != 3
    (home / "narrate.toml").write_text("jobs = 2")
    assert settings(home / "talks").settings.jobs == 2


def test_the_search_ends_at_the_edge_of_a_file_system(tmp_path: Path) -> None:
    if os.geteuid() or not sys.platform.startswith("linux"):
        pytest.skip("only root can mount")
    folder = tmp_path / "mounted"
    folder.mkdir()
    (tmp_path / "narrate.toml").write_text("jobs = 3")
    program = (
        "import sys, pathlib; from narrate.config import resolve; "
        "print(resolve({}, {}, pathlib.Path(sys.argv[1])).settings.jobs)"
    )
    mount = f'mount -t tmpfs none "{folder}" 2>/dev/null || exit 77'
    run = f'{mount}; exec "{sys.executable}" -c "{program}" "{folder}"'
    done = subprocess.run(["unshare", "--mount", "sh", "-c", run], capture_output=True, text=True)
    if done.returncode in (1, 77):
        pytest.skip("nothing can be mounted here")
    assert (done.returncode, done.stdout.strip() != "3") == (0, True), done.stderr


def test_a_repository_that_is_made_or_removed_is_noticed(tone: Narrate) -> None:
    tone.write("script.json", lines("Rows."))
    (tone.folder.parent / "narrate.toml").write_text("fps = 24\n")
    repository = tone.folder / ".git"

    def narrated() -> object:
        time.sleep(0.2)
        for _ in range(2):
            assert tone("run", "script.json").code == 0
        return fps(tone)

    before = narrated()
    repository.mkdir()
    (repository / "config").touch()
    inside = narrated()
    (repository / "config").unlink()
    repository.rmdir()
    assert (before, inside, narrated()) == (24, 30, 24)


# Programs of a project


def test_a_program_of_a_project_is_told_once(tone: Narrate, tmp_path: Path) -> None:
    tone.env["NARRATE_DATA_DIR"] = str(tmp_path / "data")
    tone.write("script.json", lines("Rows."))
    python = program(tone.folder / "venv" / "python", tmp_path / "log")
    toml = tone.write("narrate.toml", '[engines.tone]\npython = "venv/python"\n')
    told = (
        f"warning: this project runs a program of its own, {python}, "
        f"which {toml} names (shown once)"
    )
    assert told not in tone("plan", "script.json").err
    ran = tone("run", "script.json", "--json")
    assert (ran.code, ran.err.count(told), ran.json["ok"]) == (0, 1, True)
    assert told not in tone("run", "script.json", "--force").err
    # Another file that names it, or another program, is told of anew.
    other = program(tone.folder / "other", tmp_path / "log")
    tone.write("narrate.toml", '[engines.tone]\npython = "./other"\n')
    assert f"{other}, which" in tone("engines", "list").err
    toml.rename(tone.folder / "pyproject.toml")
    tone.write("pyproject.toml", '[tool.narrate.engines.tone]\npython = "./other"\n')
    assert "pyproject.toml names" in tone("run", "script.json", "--force").err


def test_a_program_that_does_not_run_is_told_before_it_is_tried(
    tone: Narrate, tmp_path: Path
) -> None:
    tone.env["NARRATE_DATA_DIR"] = str(tmp_path / "data")
    tone.write("script.json", lines("Rows."))
    tone.write("narrate.toml", '[engines.tone]\npython = "./bad"\n')
    tone.write("bad", "#!/bin/sh\nexit 3\n").chmod(0o755)
    ran = tone("run", "script.json")
    assert ran.code == 6
    assert ran.err.index("this project runs a program of its own") < ran.err.index("does not run")


def test_a_program_that_the_user_names_is_not_told(tone: Narrate, tmp_path: Path) -> None:
    tone.write("script.json", lines("Rows."))
    python = program(tmp_path / "python", tmp_path / "log")
    user = Path(tone.env["XDG_CONFIG_HOME"], "narrate", "config.toml")
    user.parent.mkdir(parents=True)
    user.write_text(f'[engines.tone]\npython = "{python}"\n')
    # What a project says of an engine leaves the user's Python alone.
    tone.write("narrate.toml", '[engines.tone]\ndevice = "cpu"\n')
    ran = tone("run", "script.json")
    assert (ran.code, "of its own" in ran.err) == (0, False)
    assert (tmp_path / "log").exists()


@pytest.mark.parametrize(
    ("environment", "programs"),
    [
        ({}, {"engine_python", "engines.mlx.python"}),
        ({"NARRATE_ENGINE_PYTHON": "mine"}, {"engines.mlx.python"}),
    ],
)
def test_what_a_project_names_is_known(
    tmp_path: Path, environment: dict[str, str], programs: set[str]
) -> None:
    path = tmp_path / "narrate.toml"
    path.write_text(
        'engine_python = "a"\nengines.mlx.python = "b"\nengines.openai.base_url = "http://c"\n'
    )
    found = settings(tmp_path, **environment).settings.trust
    assert found.programs == dict.fromkeys(programs, str(path))
    assert found.servers == ()


@pytest.mark.parametrize(
    "written", ['trust.servers = ["http://c"]', "trust = {}", "[trust.programs]"]
)
def test_no_file_can_say_what_is_the_users(tmp_path: Path, written: str) -> None:
    (tmp_path / "narrate.toml").write_text(written)
    with pytest.raises(UsageError, match="there is no setting 'trust'"):
        settings(tmp_path)


# Settings without end


@pytest.mark.parametrize(
    "name", ["narrate.toml", "pyproject.toml", "config.toml", "../pyproject.toml"]
)
@pytest.mark.parametrize("kind", ["fifo", "terminal", "endless", "large", "input"])
def test_settings_that_cannot_be_read_to_their_end_are_refused(
    tone: Narrate, name: str, kind: str
) -> None:
    path = tone.folder / name
    if name == "config.toml":
        path = Path(tone.env["XDG_CONFIG_HOME"], "narrate", name)
        path.parent.mkdir(parents=True)
    make: dict[str, Callable[[], object]] = {
        "fifo": lambda: os.mkfifo(path),
        "terminal": lambda: path.symlink_to("/dev/tty"),
        "endless": lambda: path.symlink_to("/dev/zero"),
        "large": lambda: path.write_text("#" * (1024 * 1024 + 1)),
        "input": lambda: path.symlink_to("/dev/stdin"),
    }
    make[kind]()
    tone.write("script.json", lines("Rows."))
    ran = tone("run", "script.json")
    assert (ran.code, ran.out) == (2, "")
    what = "is larger than 1,048,576 bytes" if kind == "large" else "is not a regular file"
    assert f"{os.path.normpath(path)}: {what}" in ran.err


def test_a_long_settings_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "narrate.toml").write_text("jobs = 3\n".ljust(1024 * 1024, "#"))
    assert settings(tmp_path).settings.jobs == 3
