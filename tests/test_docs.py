"""The pages under docs/ name everything there is, and their examples are what they say."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

from narrate import config, script
from narrate.output import manifest
from narrate.script import document

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLE = re.compile(r"^```(json|yaml|markdown)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SUFFIXES = {"json": ".json", "yaml": ".yaml", "markdown": ".md"}


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def documented(text: str) -> set[str]:
    """The names in the first column of the tables of a page."""
    cells = re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def fields(*structs: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for each in structs for field in msgspec.structs.fields(each)}


def test_every_field_of_a_script_is_documented() -> None:
    structs = (document.Document, document.Defaults, document.SceneEntry, document.SegmentEntry)
    assert fields(*structs, document.Voice) <= documented(page("script.md"))


def test_every_field_of_the_manifest_is_documented() -> None:
    names = {name.partition(".")[0] for name in documented(page("manifest.md"))}
    assert fields(manifest.Manifest, manifest.SceneEntry, manifest.SegmentEntry) <= names


def test_every_setting_is_documented() -> None:
    assert set(config.NAMES) <= documented(page("settings.md"))


def test_the_commands_are_those_of_the_command_line() -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "scripts" / "commands.py"], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    assert page("commands.md") == made.stdout, "run `make docs` and commit docs/commands.md"


def examples() -> list[tuple[str, str]]:
    """The scripts in the pages, each with its suffix."""
    found = [found for path in PAGES for found in EXAMPLE.findall(path.read_text("utf-8"))]
    return [(SUFFIXES[kind], text) for kind, text in found if '"text"' in text or kind != "json"]


@pytest.mark.parametrize(("suffix", "text"), examples())
def test_an_example_is_a_script(suffix: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / f"script{suffix}"
    path.write_text(text, encoding="utf-8")
    assert script.load(path).segments


def test_the_example_of_settings_is_valid(tmp_path: Path) -> None:
    [example] = re.findall(r"^```toml\n(.*?)^```$", page("settings.md"), re.MULTILINE | re.DOTALL)
    (tmp_path / "narrate.toml").write_text(example, encoding="utf-8")
    settings = config.resolve({}, {}, tmp_path, {}).settings
    assert settings.fps == tomllib.loads(example)["fps"]
    assert settings.engines["torch"].device == "cuda:1"
