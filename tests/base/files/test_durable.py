"""A file takes the place of another only when it is whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FULL = """
import resource, sys
from pathlib import Path
from narrate.base.files import durable
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    with durable.replacing(Path(sys.argv[1])) as file:
        file.write(b"x" * 1000)
except OSError:
    sys.exit(3)
"""


def test_what_does_not_fit_on_the_disk_does_not_replace_what_does(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path / "file"])
    assert done.returncode == 3
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"
