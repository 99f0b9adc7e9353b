"""What the sources may not hold: nothing that runs code out of data, no shell, and no network but
where it belongs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import pytest

from test_imports import FILES, imported

PICKLES = {"cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "pickle", "shelve", "_pickle"}
CODE = {
    "builtins.eval",
    "builtins.exec",
    "builtins.compile",
    "builtins.__import__",
    "runpy.run_path",
    "torch.hub.load",
    "torch.jit.load",
    "torch.load",
    *(
        f"yaml.{name}"
        for name in (
            "load",
            "load_all",
            "full_load",
            "full_load_all",
            "unsafe_load",
            "unsafe_load_all",
        )
    ),
    *(f"yaml.{name}" for name in ("Loader", "FullLoader", "UnsafeLoader", "CLoader")),
}
SHELLS = {
    "asyncio.create_subprocess_shell",
    "os.popen",
    "os.system",
    "pty.spawn",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
}
PROGRAMS = {f"subprocess.{name}" for name in ("Popen", "call", "check_call", "check_output", "run")}
FLAGS = {"allow_pickle": False, "shell": False, "trust_remote_code": False, "weights_only": True}
"""What may be given with this value only, and need not be given."""

NETWORK = {
    "aiohttp", "asyncio", "ftplib", "http", "httpx", "huggingface_hub", "imaplib", "poplib",
    "requests", "smtplib", "socket", "socketserver", "ssl", "telnetlib", "urllib", "urllib3",
    "websockets", "xmlrpc",
}  # fmt: skip
ALLOWED = {
    "workers.hub": {"huggingface_hub"},
    "engines.openai": {"urllib"},
    "engines.openai.server": {"http", "socket", "ssl", "urllib"},
    "engines.torch.loading": {"huggingface_hub"},
}
"""Who may reach a network, and through what: the hub's client, the client of speech servers (and
who compares their addresses), and a local snapshot.
"""

TREES = {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in FILES.items()}


def aliases(tree: ast.AST) -> dict[str, str]:
    """The full names of what is imported, by the names that it has here."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            found |= {
                alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names
            }
    return found


def dotted(node: ast.AST, known: dict[str, str]) -> str:
    """The full name of what an expression names; nothing for other expressions."""
    match node:
        case ast.Name(name):
            return known.get(name, name)
        case ast.Attribute(inner, name) if before := dotted(inner, known):
            return f"{before}.{name}"
    return ""


def names(tree: ast.AST) -> Iterator[str]:
    """Every name in a source, as it would be called from elsewhere; built-in functions as of their
    module.
    """
    known = aliases(tree)
    yield from known.values()
    for node in ast.walk(tree):
        name = dotted(node, known)
        yield f"builtins.{name}" if f"builtins.{name}" in CODE else name


def flags(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Every named argument, and every entry of a dictionary that could become one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg:
            yield node.arg, node.value
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from (
                (str(key.value), value) for key, value in pairs if isinstance(key, ast.Constant)
            )


def commands(tree: ast.AST) -> Iterator[ast.expr]:
    """What programs are started with."""
    known = aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted(node.func, known) in PROGRAMS:
            yield next(iter(node.args), None) or next(
                each.value for each in node.keywords if each.arg == "args"
            )


def is_list(command: ast.expr, tree: ast.AST) -> bool:
    """Whether a command is a list here, a name that this source gives nothing but lists, or made by
    `isolated`, which returns a list.
    """
    if isinstance(command, ast.Name):
        assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
        values = [node.value for node in assigned if command.id in map(ast.unparse, node.targets)]
        return bool(values) and not any(
            isinstance(value, ast.Name) or not is_list(value, tree) for value in values
        )
    return isinstance(command, ast.List) or (
        isinstance(command, ast.Call) and ast.unparse(command.func) in ("list", "isolated")
    )


def pickles(tree: ast.AST) -> list[str]:
    return [name for name in _modules(tree) if name.partition(".")[0] in PICKLES]


def code(tree: ast.AST) -> list[str]:
    return [name for name in names(tree) if name in CODE]


def shells(tree: ast.AST) -> list[str]:
    started = tuple(f"os.{how}" for how in ("exec", "spawn", "posix_spawn"))
    return [name for name in names(tree) if name in SHELLS or name.startswith(started)]


def unsafe_flags(tree: ast.AST) -> list[str]:
    known = [(name, value) for name, value in flags(tree) if name in FLAGS]
    return [
        name
        for name, value in known
        if not (isinstance(value, ast.Constant) and value.value is FLAGS[name])
    ]


def unlisted_commands(tree: ast.AST) -> list[str]:
    return [ast.unparse(command) for command in commands(tree) if not is_list(command, tree)]


def _modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


RULES: tuple[Callable[[ast.AST], list[str]], ...] = (
    pickles,
    code,
    shells,
    unsafe_flags,
    unlisted_commands,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_source_holds(rule: Callable[[ast.AST], list[str]]) -> None:
    found = {module: rule(tree) for module, tree in TREES.items()}
    # In the C locale narrate starts itself again, in UTF-8.
    known = {"__main__": ["os.execv"]} if rule is shells else {}
    assert {module: what for module, what in found.items() if what} == known


def test_only_the_clients_of_servers_reach_a_network() -> None:
    reached = {
        module: {name.partition(".")[0] for name in imported(path)} & NETWORK
        for module, path in FILES.items()
    }
    assert {module: what for module, what in reached.items() if what} == ALLOWED


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (pickles, "import pickle"),
        (pickles, "import pickle as json"),
        (pickles, "from shelve import open"),
        (pickles, "def f():\n    import joblib.numpy_pickle"),
        (pickles, "import marshal, json"),
        (code, "eval('1')"),
        (code, "f = exec"),
        (code, "import torch\ntorch.load(path)"),
        (code, "import torch as t\nt.load(path)"),
        (code, "from torch import load"),
        (code, "import yaml\nyaml.load(text, yaml.SafeLoader)"),
        (code, "from yaml import unsafe_load as safe_load"),
        (code, "import yaml\nclass Loader(yaml.FullLoader): ..."),
        (code, "import builtins\nbuiltins.eval('1')"),
        (shells, "import os\nos.system('true')"),
        (shells, "from os import popen"),
        (shells, "import os\nos.execvp('true', [])"),
        (shells, "import subprocess\nsubprocess.getoutput('true')"),
        (unsafe_flags, "load(path, trust_remote_code=True)"),
        (unsafe_flags, "load(path, trust_remote_code=trusted)"),
        (unsafe_flags, "load(path, **{'trust_remote_code': True})"),
        (unsafe_flags, "numpy.load(path, allow_pickle=True)"),
        (unsafe_flags, "load(path, weights_only=False)"),
        (unsafe_flags, "run(command, shell=True)"),
        (unlisted_commands, "import subprocess\nsubprocess.run('true')"),
        (unlisted_commands, "import subprocess\nsubprocess.run(f'rm {path}')"),
        (unlisted_commands, "from subprocess import Popen as P\nP(args='true')"),
        (unlisted_commands, "import subprocess\nsubprocess.run(command)"),
        (unlisted_commands, "import subprocess\ncommand = 'true'\nsubprocess.run(command)"),
    ],
)
def test_a_rule_bites(rule: Callable[[ast.AST], list[str]], source: str) -> None:
    assert rule(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "import re\nre.compile('a')",
        "spec.loader.exec_module(module)",
        "# pickle, eval(x), os.system\ntext = 'torch.load(path)'",
        "load(path, trust_remote_code=False)",
        "import yaml\nyaml.SafeLoader(text)",
        "import subprocess\nsubprocess.run(['true', path])",
        "import subprocess\ncommand = ['true']\nsubprocess.run(command)",
    ],
)
def test_no_rule_bites_what_is_harmless(source: str) -> None:
    assert [rule(ast.parse(source)) for rule in RULES] == [[]] * len(RULES)
