"""Bounded reads: whatever lies in the place of a file, the reader neither waits nor fills the
memory.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from narrate.base.files import regular


def test_a_file_is_read_to_its_last_byte_and_not_beyond_the_bound(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 8192)
    assert regular.read(path, 2_097_152) == path.read_bytes()
    with pytest.raises(regular.TooLarge) as refused:
        regular.read(path, 2_097_151)
    assert refused.value.strerror == "is larger than 2,097,151 bytes"
    assert refused.value.filename == str(path)


def test_a_link_counts_as_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "device").symlink_to("/dev/zero")
    assert regular.read(tmp_path / "link", 1) == b"x"
    with pytest.raises(regular.NotRegular):
        regular.read(tmp_path / "device", 1)


@pytest.mark.parametrize("kind", ["fifo", "socket", "folder", "/dev/zero", "/dev/full"])
def test_what_is_not_a_regular_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "it"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    elif kind == "folder":
        path.mkdir()
    else:
        path = Path(kind)
    with pytest.raises(regular.NotRegular) as refused:
        regular.read(path, 100)
    assert refused.value.strerror == "is not a regular file"


def test_a_file_whose_size_says_nothing_is_bounded_too() -> None:
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("there is no /proc")
    assert maps.stat().st_size == 0
    assert regular.read(maps, 10_000_000).count(b"\n") > 5
    with pytest.raises(regular.TooLarge):
        regular.read(maps, 100)


def test_a_missing_file_is_told_as_usual(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        regular.read(tmp_path / "none", 1)
