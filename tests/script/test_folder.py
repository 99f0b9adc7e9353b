"""Which files of a folder are scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from narrate.script.folder import narrated, scripts_in

SCRIPTS = {
    "2 rules.md": "Text.",
    "10 end.MD": "Text.",
    "a.json": '{"segments": [{"text": "Text."}]}',
    "b.yaml": "- text: Text.",
    "c.yml": "scenes:\n  - id: a",
    "d.markdown": "Text.",
    "history.md": "Text.",
    "readme-first.md": "Text.",
}
OTHERS = {
    "README.md": "About.",
    "Changelog.markdown": "About.",
    "LICENSE.txt": "About.",
    "HISTORY.md": "About.",
    "requirements.txt": "numpy",
    "requirements-dev.txt": "numpy",
    "package.json": '{"name": "x", "scripts": {}}',
    "mkdocs.yml": "site_name: x",
    "me.txt": "What the recording says.",
    "me.wav": "RIFF",
    ".hidden.md": "Text.",
    "narrate.toml": "",
    "noise": "Text.",
    "image.png": "",
}


def fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)


def test_what_can_be_a_script_counts_in_natural_order(tmp_path: Path) -> None:
    fill(tmp_path, SCRIPTS | OTHERS)
    (tmp_path / "folder.md").mkdir()
    assert [path.name for path in scripts_in(tmp_path)] == list(SCRIPTS)
    assert narrated(tmp_path) == [tmp_path / name for name in SCRIPTS]


def test_texts_make_the_folder_one_script(tmp_path: Path) -> None:
    fill(tmp_path, OTHERS | {"01.TXT": "One.", "02.md": "Two."})
    assert narrated(tmp_path) == [tmp_path]


@pytest.mark.parametrize("name", ["script.json", "script.md", "script.yaml"])
def test_the_main_script_is_meant(tmp_path: Path, name: str) -> None:
    fill(tmp_path, SCRIPTS | {name: "text: Text.", "01.txt": "One."})
    assert narrated(tmp_path) == [tmp_path / name]


def test_a_folder_that_cannot_be_read_has_no_scripts(tmp_path: Path) -> None:
    assert scripts_in(tmp_path / "none") == []
    (tmp_path / "a.json").symlink_to("nowhere")
    assert scripts_in(tmp_path) == []
