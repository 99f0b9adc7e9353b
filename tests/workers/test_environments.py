"""Environments of engines: real ones, made by real installers from tiny wheels that the test packs
itself.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from narrate import config
from narrate.config import EngineSettings, Settings
from narrate.engines import mlx
from narrate.errors import EnvironmentProblem
from narrate.workers import environments, installer
from narrate.workers.environments import State, inspect, python_for
from support.project import Narrate, Ran, contents

REAL = os.environ.get("NARRATE_REQUIRE_ENGINES") == "1"
SCRIPT = {
    "voices": {"me": {"ref": "ref.wav", "transcript": "Hi."}},
    "segments": [{"text": "Rows.", "voice": "me"}],
}


def wheel(folder: Path, name: str, version: str, needs: str = "") -> None:
    """Pack a package with one empty module."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + (
        f"Requires-Dist: {needs}\n" if needs else ""
    )
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", "")
        file.writestr(f"{info}/METADATA", metadata)
        file.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        file.writestr(
            f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )


@pytest.mark.parametrize("name", environments.known())
def test_every_environment_says_how_large_it_is(name: str) -> None:
    assert environments.size(name).startswith("about ")
    assert " GB" in environments.size(name)


def test_stock_speakers_are_listed(narrate: Narrate) -> None:
    ran = narrate("engines", "list", "-v")
    assert "\n         speakers: heart\n" in ran.out
    assert "speakers: ryan, aiden, vivian" in ran.out
    assert "speakers" not in narrate("engines", "list").out
    rows = {row["name"]: row for row in narrate("engines", "list", "--json").json["engines"]}
    assert rows["tone"]["speakers"] == ["low", "high"]
    assert rows["openai"]["speakers"] == []


class Engines:
    """`narrate engines` where mlx is one tiny wheel and torch three, with data folder and pins of
    its own.
    """

    def __init__(self, narrate: Narrate) -> None:
        self.narrate = narrate
        self.data = narrate.root / "data"
        self.pins = narrate.root / "pins"
        self.pins.mkdir()
        for version in ("1.0", "1.1"):
            wheel(self.pins, "tiny", version)
        wheel(self.pins, "torch", "2.13.0")
        wheel(self.pins, "greedy", "1.0", needs="a-package-that-is-nowhere")
        self.pin("mlx", "tiny==1.0")
        self.pin("torch", "torch==2.13.0", "tiny==1.1")
        self.pin("torch-no-deps", "greedy==1.0")
        narrate.env["NARRATE_DATA_DIR"] = str(self.data)
        self.program = (
            "-c",
            "import sys, pathlib\n"
            "from dataclasses import replace\n"
            "from narrate.engines import mlx, torch\n"
            "from narrate.workers import environments\n"
            f"environments.REQUIREMENTS = pathlib.Path({str(self.pins)!r})\n"
            "mlx.CAPABILITIES = replace(mlx.CAPABILITIES, modules=('tiny',))\n"
            "held = ('torch', 'tiny', 'greedy')\n"
            "torch.CAPABILITIES = replace(torch.CAPABILITIES, modules=held)\n"
            "from narrate.cli.app import start\n"
            "start(['.', *sys.argv[1:]])\n",
        )

    def pin(self, name: str, *requirements: str) -> None:
        """Write the pins of an engine; nothing comes from an index."""
        lines = [
            "# size: about 3 bytes",
            "# pins",
            "--no-index",
            f"--find-links {self.pins}",
            *requirements,
        ]
        (self.pins / f"{name}.txt").write_text("\n".join(lines) + "\n")

    def __call__(self, *args: str, env: dict[str, str] | None = None) -> Ran:
        return self.narrate(*args, program=self.program, env=env)

    def start(self, *args: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *self.program, *args],
            env=os.environ | self.narrate.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def folder(self, name: str = "mlx") -> Path:
        return self.data / "engines" / name

    def state(self, name: str = "mlx") -> str:
        rows = {row["name"]: row for row in self("engines", "list", "--json").json["engines"]}
        assert rows[name]["usable"] == (rows[name]["environment"] == "complete")
        return str(rows[name]["environment"])


@pytest.fixture
def engines(narrate: Narrate) -> Engines:
    return Engines(narrate)


def imports(python: str, module: str) -> bool:
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0


def test_an_engine_is_installed_once(engines: Engines) -> None:
    assert engines.state() == "absent"
    ran = engines("engines", "install", "mlx")
    assert ran.code == 0, ran.err
    assert "[1/2] making" in ran.err
    assert ran.err.index("mlx: the environment takes about 3 bytes") < ran.err.index("[1/2]")
    assert "[2/2] installing tiny==1.0" in ran.err
    python = ran.out.strip()
    assert Path(python).is_relative_to(engines.folder())
    assert imports(python, "tiny")
    marker = json.loads((engines.folder() / "complete.json").read_text())
    assert marker["versions"] == {"tiny": "1.0"}
    made = (engines.folder() / "pyvenv.cfg").stat().st_mtime_ns
    again = engines("engines", "install", "mlx")
    assert (again.code, again.out) == (0, ran.out)
    assert "installed already" in again.err
    assert (engines.folder() / "pyvenv.cfg").stat().st_mtime_ns == made
    assert engines.state() == "complete"


@pytest.mark.slow
def test_all_that_the_installer_says_is_shown_on_request(engines: Engines) -> None:
    ran = engines("engines", "install", "mlx", "-v")
    assert "Successfully installed tiny-1.0" in ran.err


def test_a_failed_step_leaves_nothing(engines: Engines) -> None:
    engines.pin("mlx", "tiny==9.9")
    ran = engines("engines", "install", "mlx")
    assert (ran.code, ran.out) == (6, "")
    assert "engine mlx, step 2 of 2: installing tiny==9.9 failed" in ran.err
    assert "No matching distribution found for tiny==9.9" in ran.err
    assert "next: check the network" in ran.err
    assert not engines.folder().exists()


@pytest.mark.slow
def test_what_was_installed_but_lacks_the_engine_is_no_engine(engines: Engines) -> None:
    wheel(engines.pins, "other", "1.0")
    engines.pin("mlx", "other==1.0")
    ran = engines("engines", "install", "mlx")
    assert ran.code == 6
    assert "there is no tiny" in ran.err
    assert not engines.folder().exists()


def wait_for(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, f"{path} never came"
        time.sleep(0.02)


@pytest.mark.slow
def test_a_half_made_environment_is_noticed_and_made_anew(engines: Engines) -> None:
    process = engines.start("engines", "install", "mlx")
    wait_for(engines.folder() / "pyvenv.cfg")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (engines.folder() / "left.txt").touch()
    assert engines.state() == "broken"
    ran = engines("engines", "install", "mlx")
    assert ran.code == 0, ran.err
    assert "broken: it was not finished, or its Python is gone; it is made again" in ran.err
    assert not (engines.folder() / "left.txt").exists()
    assert engines.state() == "complete"


@pytest.mark.slow
def test_ctrl_c_leaves_nothing(engines: Engines) -> None:
    process = engines.start("engines", "install", "mlx")
    wait_for(engines.folder() / "pyvenv.cfg")
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not engines.folder().exists()


@pytest.mark.slow
def test_two_installations_do_not_collide(engines: Engines) -> None:
    first = engines.start("engines", "install", "mlx")
    wait_for(engines.folder() / "pyvenv.cfg")
    second = engines("engines", "install", "mlx")
    out, _ = first.communicate(timeout=60)
    assert (first.returncode, second.code) == (0, 0)
    assert "waiting for another" in second.err
    assert "installed already" in second.err
    assert out.decode() == second.out


@pytest.mark.slow
def test_other_pins_make_it_outdated(engines: Engines) -> None:
    engines("engines", "install", "mlx")
    engines.pin("mlx", "tiny==1.1")
    assert engines.state() == "outdated"
    ran = engines("engines", "install", "mlx")
    assert "outdated: this version of narrate pins other packages; it is made again" in ran.err
    assert json.loads((engines.folder() / "complete.json").read_text())["versions"] == {
        "tiny": "1.1"
    }


@pytest.mark.slow
def test_it_is_broken_when_its_python_is_gone(engines: Engines) -> None:
    engines("engines", "install", "mlx")
    python = engines.folder() / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python")
    assert engines.state() == "broken"


@pytest.mark.slow
def test_remove(engines: Engines) -> None:
    engines("engines", "install", "mlx")
    ran = engines("engines", "remove", "mlx")
    assert (ran.code, ran.err) == (0, "mlx: removed\n")
    assert not engines.folder().exists()
    again = engines("engines", "remove", "mlx")
    assert (again.code, again.err) == (0, "mlx: was not installed\n")


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
@pytest.mark.parametrize("command", ["install", "remove"])
def test_what_is_not_an_environment_is_never_removed(
    engines: Engines, tmp_path: Path, command: str, kind: str
) -> None:
    folder, elsewhere = engines.folder(), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "complete.json").write_text("precious")
    (elsewhere / "pyvenv.cfg").write_text("precious")
    folder.parent.mkdir(parents=True)
    if kind == "folder":
        folder.mkdir()
        (folder / "thesis.tex").write_text("precious")
    elif kind == "file":
        folder.write_text("precious")
    else:
        folder.symlink_to(elsewhere)
    (folder.parent / "mlx.lock").write_text("precious")
    before = contents(tmp_path)
    ran = engines("engines", command, "mlx")
    assert ran.code == 6
    assert f"{folder}: this is not an environment that narrate made" in ran.err
    assert "\n  next: move it away" in ran.err
    assert contents(tmp_path) == before


def test_a_removal_that_was_stopped_can_be_repeated(
    engines: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = engines.folder()
    (folder / "lib" / "site-packages").mkdir(parents=True)
    for name in ("complete.json", "pyvenv.cfg", "zlib.so", "lib/site-packages/tiny.py"):
        (folder / name).touch()
    monkeypatch.setattr(shutil, "rmtree", lambda folder: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        installer._erase(folder)
    monkeypatch.undo()
    ran = engines("engines", "remove", "mlx")
    assert (ran.code, ran.err) == (0, "mlx: removed\n")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("name", "why"), [("hibari", "needs no environment"), ("mxl", "cannot be installed")]
)
def test_only_some_engines_are_installed(engines: Engines, name: str, why: str) -> None:
    ran = engines("engines", "install", name)
    assert ran.code == 2
    assert why in ran.err
    assert "mlx, torch" in ran.err
    assert not engines.data.exists()


@pytest.mark.slow
def test_torch_comes_first_and_by_pip_even_beside_uv(engines: Engines, tmp_path: Path) -> None:
    """The stand-in for uv does what it is asked through venv and pip, and keeps a record."""
    log, uv = tmp_path / "uv.log", tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(
        f"""#!/bin/sh
echo "$PWD: $@" >> {log}
[ "$1" = --no-config ] && shift
if [ "$1" = venv ]; then for last; do :; done; exec {sys.executable} -m venv "$last"; fi
shift 3; python=$1; shift; exec "$python" -m pip install "$@"
"""
    )
    uv.chmod(0o755)
    env = {
        "PATH": f"{uv.parent}:{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(engines.pins),
    }
    torch = engines("engines", "install", "torch", env=env)
    assert torch.code == 0, torch.err
    assert "[2/4] installing torch==2.13.0" in torch.err
    assert "[4/4] installing greedy==1.0" in torch.err
    assert imports(torch.out.strip(), "greedy")
    made = f"/: --no-config venv --seed --python {sys.executable} {engines.folder('torch')}"
    assert log.read_text().splitlines() == [made]
    mlx = engines("engines", "install", "mlx", env=env)
    assert mlx.code == 0, mlx.err
    assert (
        f"/: --no-config pip install --python {mlx.out.strip()} -r {engines.pins / 'mlx.txt'}"
        in log.read_text()
    )


@pytest.mark.slow
def test_one_environment_is_made_for_both_engines(engines: Engines) -> None:
    engines.pin("both", "torch==2.13.0", "tiny==1.0")
    engines.pin("both-no-deps", "greedy==1.0")
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(engines.pins)}
    ran = engines("engines", "install", "both", env=env)
    assert ran.code == 0, ran.err
    assert "[2/4] installing torch==2.13.0" in ran.err
    assert (engines.state("mlx"), engines.state("torch")) == ("complete", "complete")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a whole environment of the engine mlx."""
    monkeypatch.setenv("NARRATE_DATA_DIR", str(tmp_path))
    folder = tmp_path / "engines" / "mlx"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = environments.probe(str(folder / "bin" / "python"))["python"]
    marker = {"pins": environments.digest("mlx"), "python": python, "versions": {}}
    (folder / "complete.json").write_text(json.dumps(marker))
    return folder


Command = Callable[[str, str], str]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Makes a program on PATH."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    def make(name: str, script: str) -> str:
        path = tmp_path / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return make


def test_the_nearest_word_decides_which_python_runs_an_engine(data: Path, command: Command) -> None:
    given, named = (command(name, f'exec {sys.executable} "$@"') for name in ("given", "named"))
    own = {"mlx": EngineSettings(python=named), "hibari": EngineSettings(python=named)}
    assert python_for("mlx", Settings(engine_python=given, engines=own)) == given
    assert python_for("mlx", Settings(engines=own)) == named
    assert python_for("mlx", Settings()) == str(data / "bin" / "python")
    assert python_for("mlx", Settings(engine_python="given")) == given
    assert python_for("tone", Settings(engine_python=given)) == sys.executable
    assert python_for("hibari", Settings(engine_python=given, engines=own)) == named
    assert python_for("of a plug-in", Settings(engine_python=given)) == given
    assert python_for("of a plug-in", Settings()) == sys.executable


def test_one_environment_may_hold_both_engines(data: Path) -> None:
    both = data.rename(data.parent / "both")
    marker = json.loads((both / "complete.json").read_text())
    (both / "complete.json").write_text(json.dumps(marker | {"pins": environments.digest("both")}))
    for engine in ("mlx", "torch"):
        assert python_for(engine, Settings()) == str(both / "bin" / "python")
    (data.parent / "torch").mkdir()
    assert python_for("torch", Settings()) == str(both / "bin" / "python")


def needs(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Have the engine mlx need other modules."""
    monkeypatch.setattr(mlx, "CAPABILITIES", replace(mlx.CAPABILITIES, modules=modules))


def test_narrates_own_python_will_do_if_it_has_the_engine(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "complete.json").unlink()
    needs(monkeypatch, "numpy", "msgspec")
    assert python_for("mlx", Settings()) == sys.executable
    needs(monkeypatch, "numpy", "a_module_that_is_nowhere")
    with pytest.raises(EnvironmentProblem, match="broken") as caught:
        python_for("mlx", Settings())
    assert caught.value.hint == "run: narrate engines install mlx"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 3", "exit code 3"),
        ("echo no shared library >&2; exit 1", "no shared library"),
        (
            """echo '{"python": "3.9.18", "versions": {}, "missing": []}'""",
            "Python 3.9.18, which is too old",
        ),
        ("echo hello", "does not run"),
    ],
)
def test_a_given_python_that_does_not_run_is_named(command: Command, script: str, why: str) -> None:
    path = command("bad", script)
    with pytest.raises(EnvironmentProblem) as caught:
        python_for("mlx", Settings(engine_python=path))
    assert path in str(caught.value)
    assert why in str(caught.value)
    assert caught.value.where == "--engine-python"


@pytest.mark.parametrize("python", ["/nowhere/python", "a-python-that-is-nowhere"])
def test_a_given_python_that_is_nowhere_is_named(narrate: Narrate, python: str) -> None:
    narrate.write("script.json", SCRIPT)
    narrate.write(
        "ref.wav", (Path(__file__).parents[2] / "examples/voice_ref/ref.wav").read_bytes()
    )
    ran = narrate("run", "script.json", "--engine", "torch", env={"NARRATE_ENGINE_PYTHON": python})
    assert ran.code == 6
    assert f"there is no {python}" in ran.err


def test_a_module_of_the_current_folder_never_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('hijacked')")
    monkeypatch.chdir(tmp_path)
    assert environments.probe(sys.executable, ["numpy"], ["nowhere"])["missing"] == ["nowhere"]


def test_a_python_in_a_file_is_relative_to_the_file(tmp_path: Path) -> None:
    engines = '[engines]\nmlx.python = "mlx/bin/python"\ntorch.python = "python3"\n'
    (tmp_path / "narrate.toml").write_text(f'engine_python = "venv/bin/python"\n{engines}')
    (tmp_path / "scripts").mkdir()
    settings = config.resolve({}, {}, tmp_path / "scripts").settings
    assert settings.engine_python == str(tmp_path / "venv/bin/python")
    assert settings.engines["mlx"].python == str(tmp_path / "mlx/bin/python")
    assert settings.engines["torch"].python == "python3"


def test_the_data_folder() -> None:
    home = str(Path.home())
    assert str(config.data_dir({})) == f"{home}/.local/share/narrate"
    assert str(config.data_dir({"XDG_DATA_HOME": "/x"})) == "/x/narrate"
    assert str(config.data_dir({"XDG_DATA_HOME": "/x", "NARRATE_DATA_DIR": "/y"})) == "/y"


def test_the_shipped_pins_are_exact() -> None:
    assert environments.known() == ["mlx", "torch", "both"]
    for name in environments.known():
        pins = [pin for wanted in environments.pins(name).values() for pin in wanted]
        assert pins
        assert all("==" in pin for pin in pins)
    assert environments.versions("torch")["qwen-tts"] == "0.1.1"
    assert environments.versions("mlx")["mlx"] == "0.32.4"
    assert environments.versions("both")["qwen-tts-hf"] == "0.1.1.post1"
    assert environments.versions("both")["transformers"] == "5.16.1"


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not REAL, reason="downloads much: set NARRATE_REQUIRE_ENGINES=1")
@pytest.mark.parametrize("name", environments.known())
def test_the_real_engines_install(tmp_path: Path, name: str) -> None:
    env = os.environ | {"NARRATE_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "narrate", "engines", "install", name]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = environments.probe(
        done.stdout.strip(), list(environments.versions(name)), environments.modules(name)
    )
    assert found["missing"] == []


def test_nothing_there_is_not_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NARRATE_DATA_DIR", str(tmp_path))
    assert inspect("torch").state is State.ABSENT
