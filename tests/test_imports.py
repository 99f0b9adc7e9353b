"""Who imports whom: imports point down only, and what is heavy or foreign stays where it
belongs.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import narrate

SOURCE = Path(narrate.__file__).parent

LAYERS = (
    ("errors",),
    ("base", "request", "thresholds"),
    ("sound", "config", "stamp", "takes"),
    ("reading",),
    ("script", "engines"),
    ("checks", "store"),
    ("cache", "workers"),
    ("hearing", "voices"),
    ("archive", "planning"),
    ("output", "synthesis"),
    ("session", "speech"),
    ("publish",),
    ("build",),
    ("tools", "upto_date"),
    ("review",),
    ("cli",),
    ("__init__", "__main__"),
)
"""Modules and packages from low to high; an import points to a lower row, or stays within its
package.
"""

ROW = {name: row for row, names in enumerate(LAYERS) for name in names}
HEAVY = {"torch", "mlx", "qwen_tts", "mlx_audio"}
WORKER = (
    "workers.worker",
    "engines.base",
    "workers.frames",
    "request",
    "base.limits",
    "base.network",
    "base.spelling",
)


def module_of(path: Path) -> str:
    name = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    return name.removesuffix(".__init__")


FILES = {module_of(path): path for path in sorted(SOURCE.rglob("*.py"))}


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere, by its full name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner.removeprefix("narrate.") in FILES else node.module


def own(module: str) -> set[str]:
    """The modules of narrate that a module imports; the version in `narrate` itself is a constant,
    and no edge.
    """
    names = {
        name.removeprefix("narrate.")
        for name in imported(FILES[module])
        if name.startswith("narrate.")
    }
    return names - {module}


def foreign(module: str) -> set[str]:
    return {name.partition(".")[0] for name in imported(FILES[module])} - {
        "narrate",
        *sys.stdlib_module_names,
    }


def room(module: str) -> str:
    return module.partition(".")[0]


def test_every_module_has_its_row() -> None:
    assert {room(module) for module in FILES} == set(ROW)


def test_imports_point_down() -> None:
    upward = [
        f"{module} imports {name}"
        for module in FILES
        for name in own(module)
        if room(name) != room(module) and ROW[room(name)] >= ROW[room(module)]
    ]
    assert upward == []


def test_no_import_goes_in_a_circle() -> None:
    list(TopologicalSorter({module: own(module) for module in FILES}).static_order())


def test_of_narrate_itself_only_what_is_light_is_imported() -> None:
    for module, path in FILES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "narrate":
                names = {alias.name for alias in node.names}
                assert all(
                    name in FILES or name in ("__version__", "TYPE_CHECKING") for name in names
                ), module


def test_an_engine_is_imported_by_its_own_module_only() -> None:
    assert {room(module) for module in FILES if "hibari" in foreign(module)} == {"engines"}
    assert [
        module for module in FILES if foreign(module) & HEAVY and room(module) != "engines"
    ] == []


def test_the_engine_never_sees_the_cache_nor_the_cache_an_engine() -> None:
    assert not any(
        own(module) & {"cache", "store.entry"} for module in FILES if room(module) == "engines"
    )
    assert not any(
        room(name) == "engines" for module in ("cache", "store.entry") for name in own(module)
    )


def test_help_loads_nothing_heavy() -> None:
    program = """
import runpy, sys
sys.argv = ["narrate", "--help"]
try:
    runpy.run_module("narrate", run_name="__main__")
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "Usage" in done.stdout
    assert loaded & {"narrate", "typer"} == {"narrate", "typer"}
    assert (
        loaded & {"numpy", "soundfile", "soxr", "pydub", "hibari", "faster_whisper", *HEAVY}
        == set()
    )


def test_a_worker_starts_with_the_standard_library_alone() -> None:
    """Without site-packages there is nothing else; numpy comes with the engine."""
    program = "import sys; sys.path.insert(0, sys.argv[1])\n"
    program += "".join(f"import narrate.{module}\n" for module in WORKER)
    subprocess.run([sys.executable, "-I", "-S", "-c", program, SOURCE.parent], check=True)


def test_what_workers_run_imports_numpy_at_most() -> None:
    allowed = {"numpy"}
    for module in WORKER:
        # `request.key` is called by the parent only.
        assert foreign(module) <= allowed | ({"xxhash"} if module == "request" else set()), module
        assert own(module) <= {*WORKER, "engines", "workers", "base"}, module
