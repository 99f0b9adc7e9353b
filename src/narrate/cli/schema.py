"""`narrate schema`: what a script may hold."""

from __future__ import annotations

import sys

from narrate import script
from narrate.cli import common


def schema() -> None:
    """Print the JSON Schema of a script, for editors and generators."""
    sys.stdout.write(common.as_json(script.schema()))
