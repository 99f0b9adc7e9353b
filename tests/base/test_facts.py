"""A fact tells every change of a file, and tells files in like folders apart."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from narrate.base import facts


def test_a_file_that_is_not_there_has_a_fact_as_well(tmp_path: Path) -> None:
    assert facts.of(tmp_path / "missing").absent
    assert not facts.of(tmp_path).absent


def test_a_fact_names_the_device_and_the_inode(tmp_path: Path) -> None:
    status = os.stat(tmp_path)
    assert facts.of(tmp_path).split()[:2] == [str(status.st_dev), str(status.st_ino)]


def test_a_link_is_what_it_leads_to_or_itself(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    (tmp_path / "link").symlink_to("file")
    assert facts.of(tmp_path / "link") == facts.of(tmp_path / "file")
    assert facts.of(tmp_path / "link", follow_links=False) != facts.of(tmp_path / "file")


def test_paths_are_made_absolute_and_not_normalised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere" / "inner").mkdir(parents=True)
    (tmp_path / "elsewhere" / "file").write_text("text")
    (tmp_path / "link").symlink_to("elsewhere/inner")
    monkeypatch.chdir(tmp_path)
    [(path, fact)] = facts.take(["link/../file"]).items()
    assert (path, fact) == (f"{tmp_path}/link/../file", facts.of(tmp_path / "elsewhere" / "file"))
