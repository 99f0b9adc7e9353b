"""Make docs/run.svg, the picture in the README, from what the commands really print.

Run as `python scripts/picture.py` with narrate installed beside the interpreter.
"""

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
NARRATE = str(Path(sys.executable).with_name("narrate"))
STEPS = (
    "narrate run script.json",
    "narrate run script.json",
    "sed -i 's/strange rule/curious rule/' script.json",
    "narrate run script.json",
)


def main() -> None:
    """Run the steps in a copy of the example with a cache of its own, and draw them."""
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "matrix"
        shutil.copytree(ROOT / "examples/matrix", project, ignore=shutil.ignore_patterns("build"))
        environment = {
            **os.environ,
            "NARRATE_CACHE_DIR": f"{folder}/cache",
            "PATH": f"{Path(NARRATE).parent}:/bin:/usr/bin",
        }
        for step in STEPS:
            console.print(Text.assemble(("$ ", "green"), (step, "bold")))
            done = subprocess.run(
                shlex.split(step),
                cwd=project,
                env=environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            console.print(Text(done.stdout.rstrip()))
    # Web fonts would be fetched from elsewhere whenever somebody looks at the picture.
    drawing = re.sub(
        r"@font-face \{.*?\}", "", console.export_svg(title="narrate"), flags=re.DOTALL
    )
    (ROOT / "docs/run.svg").write_text(drawing)


if __name__ == "__main__":
    main()
