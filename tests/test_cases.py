"""The cases: small inputs that people have, and what is right for each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.timeout(300)
def test_every_case_is_right() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "cases.py"], capture_output=True, text=True
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    count, right = done.stdout.splitlines()[-1].replace("cases=", "").split(" right=")
    assert count == right
    assert int(count) > 30
