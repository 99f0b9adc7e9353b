"""Print when each segment of a narration begins and how long it stays on the screen, as CSV."""

import csv
import json
import sys
from pathlib import Path

manifest = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
table = csv.writer(sys.stdout, lineterminator="\n")
table.writerow(["id", "start_frame", "frames", "text"])
for segment in manifest["segments"]:
    table.writerow([segment["id"], segment["start_frame"], segment["slot_frames"], segment["text"]])
