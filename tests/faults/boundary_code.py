"""Attacks on the boundary to other people's code and to their servers: what is run, and where keys
go.

`attack` plants a file for every name that Python, narrate or an installer might import or read from
the folder of a script, then runs every command that starts a process. Each planted file writes a
line when it is run.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from support.project import Narrate, Ran

OTHERS = (
    "hibari",
    "huggingface_hub",
    "msgspec",
    "narrate",
    "numpy",
    "onnxruntime",
    "pip",
    "pydub",
    "rich",
    "setuptools",
    "sitecustomize",
    "soundfile",
    "soxr",
    "typer",
    "usercustomize",
    "xxhash",
    "yaml",
)
MODULES = sorted({*sys.stdlib_module_names, *OTHERS})

SETTINGS = {
    "pip.conf": "[global]\nno-index = true\nfind-links = /nowhere\n",
    "pydistutils.cfg": "[install]\nprefix = /nowhere\n",
    "pyvenv.cfg": "home = /nowhere\ninclude-system-site-packages = true\n",
    "setup.cfg": "[install]\nprefix = /nowhere\n",
    "uv.toml": 'index-url = "http://127.0.0.1:9/simple"\n',
    ".numba_config.yaml": "disable_jit: 1\n",
    ".python-version": "2.7\n",
    "matplotlibrc": "backend: module://types\n",
}
"""What others read from the current folder as settings; none of it is code, but some of it names
code.
"""

REFERENCE = Path(__file__).parents[2] / "examples" / "voice_ref" / "ref.wav"
KEYS = {
    "OPENAI_API_KEY": "sk-stolen",
    "NARRATE_OPENAI_API_KEY": "sk-stolen",
    "HF_TOKEN": "hf-stolen",
}
SAFELY = ("-P", "-m", "narrate")
"""As the installed command starts: `python -m` by itself imports from the current folder before
narrate has a say.
"""


def attack(root: Path) -> dict[str, int]:
    """Run every attack of this part in the empty folder `root`; return how much was planted,
    executed and sent.

    `broken` are commands that what is planted keeps from their work.
    """
    log = root / "executed.log"
    planted = sum(plant(root / "project" / folder, log, packages) for folder, packages in FOLDERS)
    broken = _run_everything(Narrate(root))
    planted += _strangers(root / "shared", log)
    executed = log.read_text().splitlines() if log.exists() else []
    keys_sent = _keys_sent(root / "keys")
    return {"planted": planted, "executed": len(executed), "keys_sent": keys_sent, "broken": broken}


FOLDERS = ((".", False), ("talk", True))
"""The current folder holds modules, the folder of the scripts packages; both are tried as the
current folder.
"""


def plant(folder: Path, log: Path, packages: bool) -> int:
    """Plant a file for every name in a folder; each writes a line to `log` when it is run. Return
    how many.
    """
    folder.mkdir(parents=True, exist_ok=True)
    code = f"with open({str(log)!r}, 'a') as log: log.write(__file__ + '\\n')\n"
    for name in MODULES:
        if packages:
            (folder / name).mkdir()
        (folder / name / "__init__.py" if packages else folder / f"{name}.py").write_text(code)
    for name, text in SETTINGS.items():
        (folder / name).write_text(text)
    return len(MODULES) + len(SETTINGS)


def commands(narrate: Narrate) -> list[tuple[tuple[str, ...], str]]:
    """Every command that starts a process or might, and the folder to run it in, below the
    project.
    """
    narrate.write("talk/script.json", [{"text": "Rows meet columns."}])
    shutil.copy(REFERENCE, narrate.folder / "talk" / "ref.wav")
    clone = ("clone", "--ref", "ref.wav", "--name", "me", "--anyway", "--engine", "tone")
    found = [
        (("run", "talk/script.json", "--engine", "tone"), "."),
        (("run", "talk/script.json", "--engine", "hibari", "-o", "hibari"), "."),
        (("run", "script.json", "--engine", "hibari", "-o", "packages"), "talk"),
        (("run", "script.json", "--engine", "tone", "-o", "again", "--force"), "talk"),
        (("bench", "--engine", "tone", "--batch", "4"), "."),
        (("doctor",), "."),
        (("doctor",), "talk"),
        (("engines", "list"), "talk"),
        (("engines", "install", "mlx"), "."),
        (("models", "list"), "."),
        (("models", "pull", "owner/name"), "."),
        (clone, "talk"),
        *(((*words, "talk/script.json"), ".") for words in (("plan",), ("status",), ("why",))),
        *(
            (("cache", *words), ".")
            for words in (("stats",), ("ls",), ("verify",), ("export", "all.zip"))
        ),
    ]
    if shutil.which("ffmpeg"):
        found.append(
            (("run", "script.json", "--engine", "tone", "-o", "m4a", "--format", "m4a"), "talk")
        )
    return found


def _run_everything(narrate: Narrate) -> int:
    """Run every command, several at a time; return how many end otherwise than they should.

    An installation and a download fail, as there is no index and no hub.
    """
    narrate.env |= {
        "NARRATE_DATA_DIR": str(narrate.root / "data"),
        "NARRATE_ENGINE_PYTHON": sys.executable,
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "HF_HUB_OFFLINE": "",
        "HF_HOME": str(narrate.root / "hf"),
        "PIP_NO_INDEX": "1",
        "UV_NO_INDEX": "1",
        "UV_OFFLINE": "1",
    }

    def run(command: tuple[tuple[str, ...], str]) -> Ran:
        return narrate(*command[0], cwd=narrate.folder / command[1], program=SAFELY)

    everything = commands(narrate)
    with ThreadPoolExecutor(3) as pool:
        ends = list(pool.map(run, everything))
    fetches = [
        command[:2] in (("engines", "install"), ("models", "pull")) for command, _ in everything
    ]
    return sum(ran.code != (6 if fetch else 0) for ran, fetch in zip(ends, fetches, strict=True))


def _strangers(root: Path, log: Path) -> int:
    """Name a program to run in settings that somebody else could have written, and narrate below
    them.
    """
    folders = [root / "anybody", *([root / "owner"] if os.geteuid() == 0 else [])]
    for folder in folders:
        narrate = Narrate(_made(folder))
        program = folder / "program"
        program.write_text(f'#!/bin/sh\necho "$0" >> {log}\nexec {sys.executable} "$@"\n')
        program.chmod(0o755)
        settings = folder / "narrate.toml"
        settings.write_text(f"[engines.tone]\npython = {json.dumps(str(program))}\n")
        folder.chmod(0o777)
        if folder.name == "owner":
            folder.chmod(0o1777)
            os.chown(settings, 65_534, 65_534)
        narrate.write("script.json", [{"text": "Rows meet columns."}])
        narrate("run", "script.json", "--engine", "tone", program=SAFELY)
    return len(folders)


def _keys_sent(root: Path) -> int:
    """How many keys a server on this machine sees that only a project names."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.extend(value for value in self.headers.values() if "stolen" in value)
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        toml = f"engines.openai.base_url = {json.dumps(url)}\n"
        for name, text in (("narrate.toml", toml), ("pyproject.toml", f"[tool.narrate]\n{toml}")):
            narrate = Narrate(
                _made(root / name), NARRATE_ENGINE="openai", HF_HUB_OFFLINE="", **KEYS
            )
            narrate.write(name, text)
            narrate.write("script.json", [{"text": "Rows meet columns."}])
            narrate("run", "script.json", program=SAFELY)
            narrate("bench", "--engine", "openai", "--batch", "1", program=SAFELY)
            narrate("doctor", program=SAFELY)
        server.shutdown()
    return len(seen)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
