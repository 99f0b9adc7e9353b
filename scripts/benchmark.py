"""Measure narrate against its anchors. Run it through scripts/benchmark.sh.

What is compared is run in turns, so that other work on the machine hits both sides. This process
stays small, because the peak memory of a child counts from that of its parent.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice, pairwise, product
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

BUILD = Path(__file__).resolve().parent.parent / "build"
HEADINGS = ("what", "measured", "against", "ratio", "fastest rounds", "target", "met")
QUICK: dict[str, Any] = dict(
    segments=50, spoken=10, scale=(10, 100), no_op_rounds=3, rounds=2, spoken_rounds=1
)
TECHNICAL = (
    "The product is C_ij = sum(A_ik * B_kj), where A has {} rows.",
    "Install it with pip install numpy=={}.2 and run python main.py --force.",
    r"The derivative of the root is $\frac{{{}}}{{2\sqrt{{x}}}}$ at that place.",
    "The GPU needs {} GB of memory and moves 1.5 TB/s at 350 W.",
    "It costs $1,{:03}.50 today, up 12% from Jan 3, 2024.",
    "We call `np.einsum('ij,jk->ik', A, B)` and get {} values back.",
    "The error falls as O(n^2), or by 3.5e-4 m/s² after {} steps.",
    "See https://example.org/docs/v{} for the notes on CUDA 12.4 and v3.12.",
    r"Step {} shows that $x_{{i+1}} = x_i - f(x_i)/f'(x_i)$ converges, and P(A|B) = 0.3.",
)
"""Lines that are said otherwise than they are written, with a place for a number."""

MIB = 1 << (20 if sys.platform == "darwin" else 10)
INSIDE = (sys.executable, __file__, "--inside")


class Row(NamedTuple):
    """One line of the table: a figure, what it is held against, and whether it keeps to its target.

    `ratio` is the median of the rounds, `fastest` that of the fastest ones, as a machine without
    other work has it.
    """

    what: str
    measured: float
    unit: str
    target: str = ""
    met: bool | None = None
    against: str = ""
    anchor: float | None = None
    ratio: float | None = None
    fastest: float | None = None

    def cells(self) -> tuple[str, ...]:
        """The row as words, under HEADINGS."""
        anchor = f"{self.against}: {self.anchor:.3g} {self.unit}" if self.anchor is not None else ""
        ratio, fastest = (
            f"{each:.2f} ×" if each is not None else "" for each in (self.ratio, self.fastest)
        )
        met = {None: "", True: "yes", False: "no"}[self.met]
        return (
            self.what,
            f"{self.measured:.3g} {self.unit}",
            anchor,
            ratio,
            fastest,
            self.target,
            met,
        )


class Cost(NamedTuple):
    """What a child process took: seconds of wall and CPU time, and peak resident memory in MiB."""

    wall: float
    cpu: float
    peak: float


class Bench(NamedTuple):
    """A folder to work in, and how much work to do there: segments, and rounds."""

    folder: Path
    segments: int = 1_000
    spoken: int = 100
    scale: tuple[int, ...] = (100, 1_000, 10_000)
    no_op_rounds: int = 15
    rounds: int = 7
    spoken_rounds: int = 3

    def cost(self, *command: str) -> Cost:
        """Run a command in the folder and say what it took; end the benchmark if it fails."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("NARRATE_")
        }
        environment["NARRATE_CACHE_DIR"] = str(self.folder / "cache")
        with (self.folder / "log").open("w+") as log:
            started = time.perf_counter()
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=log, stderr=log
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
            process.returncode = status
            if status:
                log.seek(0)
                sys.exit(f"error: {' '.join(command)} failed:\n{log.read()}")
        return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MIB)

    def narrate(self, name: str, *flags: str, engine: str = "tone") -> Cost:
        """Run `narrate run` on the script of that name, into a folder of that name."""
        return self.cost("narrate", "run", f"{name}.json", "-o", name, "--engine", engine, *flags)

    def script(self, name: str, texts: Sequence[str]) -> None:
        """Write a script with a segment for each text."""
        segments = [{"id": f"line-{number}", "text": text} for number, text in enumerate(texts)]
        (self.folder / f"{name}.json").write_text(json.dumps(segments))

    def discard(self, *names: str) -> None:
        """Empty folders of their bytes and move them away; ext4 makes files slowly for minutes
        after deleting many.
        """
        for folder in filter(Path.exists, map(self.folder.joinpath, names)):
            for path in folder.rename(f"{folder}-{time.time_ns()}").rglob("*.wav"):
                os.truncate(path, 0)


def in_turns(rounds: int, **runs: Callable[[], float]) -> dict[str, list[float]]:
    """Take each of several measurements in turn, so many times."""
    figures: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(1, rounds + 1):
        for name, run in runs.items():
            figures[name].append(run())
        print(
            f"  {number}:",
            *(f"{name} {taken[-1]:.3f} s;" for name, taken in figures.items()),
            file=sys.stderr,
        )
    return figures


def versus(
    what: str, runs: dict[str, list[float]], name: str, against: str, limit: float = 0
) -> Row:
    """A row for one measurement against another; without a limit it is for information."""
    ours, theirs = runs[name], runs[against]
    ratio = median(one / other for one, other in zip(ours, theirs, strict=True))
    target, met = (f"≤ {limit:g} ×", ratio <= limit) if limit else ("", None)
    return Row(
        what,
        median(ours),
        "s",
        target,
        met,
        against,
        median(theirs),
        ratio,
        min(ours) / min(theirs),
    )


def no_op(bench: Bench) -> list[Row]:
    """A run with nothing to do, against an interpreter that does nothing."""
    bench.script(
        "no-op",
        [f"Line {number} of those that stay as they are." for number in range(bench.segments)],
    )
    bench.narrate("no-op")
    time.sleep(0.2)  # Only a run whose inputs have been left alone for a moment leaves a stamp.
    bench.narrate("no-op")
    python = {"python -c pass": lambda: bench.cost(sys.executable, "-c", "pass").cpu}
    runs = in_turns(bench.no_op_rounds, narrate=lambda: bench.narrate("no-op").cpu, **python)
    return [
        versus(f"no-op run, {bench.segments:,} segments, CPU", runs, "narrate", "python -c pass", 3)
    ]


def cached(bench: Bench) -> list[Row]:
    """Outputs made from the cache alone, against cat and cp; then one changed line."""
    texts = [f"Line {number} out of the cache. #seconds=6" for number in range(bench.segments)]
    what = f"{len(texts):,} cached clips of 6 s to all outputs"
    bench.script("cached", texts)
    bench.narrate("cached")
    (bench.folder / "cached" / "segments").rename(bench.folder / "clips")

    def fresh(run: Callable[[], Cost]) -> float:
        bench.discard("cached", "copies")
        (bench.folder / "copies").mkdir()
        return run().wall

    def writing() -> float:
        fresh(lambda: bench.cost(*INSIDE, "write", "cached"))
        return float((bench.folder / "log").read_text())

    def shell(copy: str) -> Callable[[], float]:
        return lambda: fresh(
            lambda: bench.cost("sh", "-c", f"cat clips/*.wav > copies/one && {copy}")
        )

    each = 'for clip in clips/*.wav; do cp "$clip" copies; done'
    anchors = {"cat, one cp": shell("cp clips/*.wav copies"), "cat, a cp each": shell(each)}
    runs = in_turns(
        bench.rounds,
        **anchors,
        writing=writing,
        command=lambda: fresh(lambda: bench.narrate("cached")),
    )
    return [
        versus(f"{what}, the writing", runs, "writing", "cat, one cp", 1.5),
        versus(f"{what}, the writing", runs, "writing", "cat, a cp each"),
        versus(f"{what}, the command", runs, "command", "cat, one cp"),
        one_line(bench, texts),
    ]


def one_line(bench: Bench, texts: list[str]) -> Row:
    """One changed line in a script whose outputs exist: the time apart from speaking it."""

    def changed() -> float:
        texts[len(texts) // 2] = f"A line that was changed at {time.time_ns()}. #seconds=6"
        bench.script("cached", texts)
        wall = bench.narrate("cached").wall
        return wall - float(
            json.loads((bench.folder / "cached" / "run.json").read_bytes())["engine_seconds"]
        )

    seconds = median(in_turns(bench.rounds, changed=changed)["changed"])
    return Row(
        f"one line of {len(texts):,} changed, outside the engine",
        seconds,
        "s",
        "≤ 1 s",
        seconds <= 1,
    )


def reading(bench: Bench) -> list[Row]:
    """Reading a script, a third of it technical: all of it, then after an edit of one line."""
    things = ["letter", "engine", "map", "ring", "key", "clock", "basket", "ladder", "lantern"]
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    template = "Nobody who had seen the {} and the {} remembered who had left them there on {}."
    prose = (template.format(*words) for words in cycle(product(things, things, days)))
    texts = [
        next(prose) if number % 3 else TECHNICAL[number // 3 % len(TECHNICAL)].format(number)
        for number in range(bench.segments)
    ]
    bench.script("reading", texts)

    def read(text: str) -> Callable[[], float]:
        return lambda: measured(text)[1]

    def measured(text: str) -> list[float]:
        bench.script("edited", [text, *texts[1:]])
        bench.cost(*INSIDE, "read", "edited" if text else "reading")
        return list(map(float, (bench.folder / "log").read_text().split()))

    runs = in_turns(
        bench.rounds,
        everything=read(""),
        prose=read("This line was changed."),
        technical=read("This line has $A^{-1}b$ and 12% of v3.12."),
        importing=lambda: measured("")[0],
    )
    targets = {
        "everything": (f"{len(texts):,} texts read, CPU", 0.3),
        "prose": (f"one line of {len(texts):,} changed, the reading, CPU", 0.05),
        "technical": (f"one technical line of {len(texts):,} changed, the reading, CPU", 0.05),
        "importing": ("rules and mathematics imported, CPU", 0.03),
    }
    return [
        Row(what, median(runs[name]), "s", f"≤ {most} s", median(runs[name]) <= most)
        for name, (what, most) in targets.items()
    ]


def spoken(bench: Bench) -> list[Row]:
    """Speaking everything with hibari, against the engine alone; then two workers against one."""
    bench.script("spoken", sentences(bench.spoken))

    def speak(jobs: str) -> float:
        bench.discard("spoken", "clips-of-hibari")
        return bench.narrate(
            "spoken", "--cache-dir", "clips-of-hibari", "-j", jobs, engine="hibari"
        ).wall

    bare = {"a bare loop": lambda: bench.cost(*INSIDE, "speak", str(bench.spoken)).wall}
    runs = in_turns(
        bench.spoken_rounds, **bare, **{"-j 1": lambda: speak("1"), "-j 2": lambda: speak("2")}
    )
    what, gain = f"{bench.spoken} segments with hibari, -j 1", versus("", runs, "-j 1", "-j 2")
    faster = gain._replace(what=what, target="≥ 1.6 ×", met=(gain.ratio or 0) >= 1.6)
    return [versus(what, runs, "-j 1", "a bare loop", 1.15), faster]


def sentences(count: int) -> list[str]:
    """Up to 100 sentences of about 100 characters, all different, the same in every run."""
    words = product(
        ("river", "garden", "market", "bridge"),
        ("letter", "engine", "map", "ring", "key"),
        range(5, 10),
    )
    template = (
        "Nobody who walked along the {} had seen the {} "
        "that was left there at {} o'clock on Monday."
    )
    return [template.format(*chosen) for chosen in islice(words, count)]


def scale(bench: Bench) -> list[Row]:
    """Longer and longer scripts: the time that each segment takes, and memory."""
    costs: dict[int, Cost] = {}
    for count in bench.scale:
        name = f"scale-{count}"
        bench.script(name, [f"Segment number {number}." for number in range(count)])
        costs[count] = bench.narrate(name, "--cache-dir", f"clips-{count}")
        print(f"  {count}: {costs[count]}", file=sys.stderr)
    rows = []
    for few, many in pairwise(costs):
        what, against = f"{many:,} segments with tone, each", f"{few:,} segments"
        each, before = (1000 * costs[count].wall / count for count in (many, few))
        rows.append(
            Row(what, each, "ms", "≤ 1.25 ×", each <= 1.25 * before, against, before, each / before)
        )
    what, against = f"peak memory, {max(costs):,} segments", f"{min(costs):,} segments"
    least, most = costs[min(costs)].peak, costs[max(costs)].peak
    return [
        *rows,
        Row(what, most, "MiB", "≤ 50 MiB more", most - least <= 50, against, least, most / least),
    ]


def store(bench: Bench) -> list[Row]:
    """Verifying every entry of a cache, against cat; finding and reading one; pruning many."""
    bench.script("stored", [f"Entry {number}. #seconds=6" for number in range(bench.segments)])
    bench.narrate("stored", "--cache-dir", "entries")
    bench.script("many", [f"Entry {number}." for number in range(bench.scale[-1])])
    bench.narrate("many", "--cache-dir", "entries-to-prune")

    def inside(what: str) -> float:
        bench.cost(*INSIDE, what, "entries")
        return float((bench.folder / "log").read_text())

    cat = {"cat": lambda: bench.cost("sh", "-c", "cat entries/v1/*/*.wav > /dev/null").wall}
    command = {
        "command": lambda: bench.cost("narrate", "cache", "verify", "--cache-dir", "entries").wall
    }
    runs = in_turns(
        bench.rounds,
        **cat,
        verifying=lambda: inside("verify"),
        hits=lambda: inside("hit"),
        **command,
    )
    hit = 1000 * median(runs["hits"]) / bench.segments
    shutil.copytree(bench.folder / "entries-to-prune", bench.folder / "entries-to-remove")
    os.sync()
    pruned = bench.cost("narrate", "cache", "clear", "--cache-dir", "entries-to-prune").wall
    removed = bench.cost("rm", "-rf", "entries-to-remove").wall
    what = f"{bench.segments:,} entries of 6 s verified"
    return [
        versus(what, runs, "verifying", "cat", 2),
        versus(f"{what}, the command", runs, "command", "cat"),
        Row("a hit of 6 s, found and verified", hit, "ms", "≤ 1.5 ms", hit <= 1.5),
        Row(
            f"{bench.scale[-1]:,} entries pruned, the command",
            *(pruned, "s", "≤ 2 s", pruned <= 2),
            *("rm -rf", removed, pruned / removed),
        ),
    ]


def engines(bench: Bench) -> list[Row]:
    """Ten segments with the embedded voice, by `narrate bench`; ask that for engines that need a
    model.
    """
    bench.cost("narrate", "bench", "--engine", "hibari", "--batch", "1", "--json")
    log = (bench.folder / "log").read_text()
    found = json.loads(log[log.index("{") :])
    return [
        Row(f"narrate bench, {row['engine']}", row["times_real_time"], "x real time")
        for row in found["rows"]
    ]


def write_inside(name: str) -> None:
    """Print how long it takes to find every clip and write every output, once imports and the plan
    are made.
    """
    from narrate import build, session
    from narrate.output import narration
    from narrate.output.stage import staged
    from narrate.output.timeline import lay

    prepared = build.prepare(f"{name}.json", {"engine": "tone"}, lambda event: None)
    with session.opened([prepared], lambda event: None) as [opened]:
        plan, settings, store = opened.plan(), opened.settings, opened.store
        started = time.perf_counter()
        clips = {
            utterance.canonical: clip
            for utterance in plan.utterances()
            if (clip := store.find(utterance.canonical))
        }
        timeline = lay(plan, clips, settings.format)
        with staged(Path(name).absolute()) as stage:
            narration.write(stage, plan, timeline, settings, store)
            stage.publish()
        print(time.perf_counter() - started)


def read_inside(name: str) -> None:
    """Print the CPU seconds of importing what reads notation, and of reading a script from the look
    at its markup on. What the first run of all has read is kept for the others.
    """
    from narrate import build  # noqa: F401  # What every run imports.
    from narrate.planning.readings import Readings, behaviour
    from narrate.reading import utterances
    from narrate.reading.reader import Reader

    started = time.process_time()
    import narrate.reading.mathematics.parse
    import narrate.reading.mathematics.plain
    import narrate.reading.mathematics.verbalise
    import narrate.reading.rules  # noqa: F401

    imported = time.process_time()
    texts = [each["text"] for each in json.loads(Path(f"{name}.json").read_bytes())]
    kept = Path("kept")
    for text in texts:
        utterances.read(text)
    readings = Readings(kept.read_bytes() if name == "edited" else b"", behaviour())
    read = readings.by(Reader())
    for text in texts:
        read(text)
    data = readings.encoded()
    print(imported - started, time.process_time() - imported)
    if name != "edited":
        kept.write_bytes(data)


def verify_inside(folder: str) -> None:
    """Print how long it takes to verify a whole cache."""
    from narrate.cache import Store

    started = time.perf_counter()
    Store(Path(folder)).verify()
    print(time.perf_counter() - started)


def hit_inside(folder: str) -> None:
    """Print how long it takes to find every entry of a cache and to read it."""
    from narrate.cache import Store

    cache = Store(Path(folder))
    forms = [clip.canonical for clip in cache.entries()]
    started = time.perf_counter()
    for form in forms:
        clip = cache.find(form)
        assert clip is not None
        cache.read(clip)
    print(time.perf_counter() - started)


def speak_inside(count: str) -> None:
    """What speaking costs without narrate: load the model once, and speak."""
    sys.modules |= dict.fromkeys(("scipy", "scipy.fft"))  # type: ignore[arg-type]  # as narrate's own worker has it
    from hibari import Hibari

    model = Hibari(voice="heart", threads=1)
    for text in sentences(int(count)):
        model(text, seed=0)


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    from narrate import __version__

    info = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.*)", info.read_text() if info.exists() else "")
    cpu = named[1] if named else platform.processor()
    python, system = platform.python_version(), f"{platform.system()} {platform.machine()}"
    return {
        "cores": os.cpu_count(),
        "cpu": cpu,
        "python": python,
        "platform": system,
        "narrate": __version__,
    }


def show(rows: list[Row], plain: bool) -> None:
    """Print the table: in aligned Markdown, or drawn for a terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*HEADINGS, box=box.MARKDOWN if plain else box.ROUNDED)
    for row in rows:
        table.add_row(*row.cells())
    console = Console(width=1000 if plain else None)
    with console.capture() as drawn:
        console.print(table)
    print(drawn.get().strip())


MEASUREMENTS = {
    "no-op": no_op,
    "cached": cached,
    "reading": reading,
    "store": store,
    "spoken": spoken,
    "scale": scale,
    "engines": engines,
}
INSIDE_MEASUREMENTS = {
    "write": write_inside,
    "read": read_inside,
    "verify": verify_inside,
    "hit": hit_inside,
    "speak": speak_inside,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="benchmark.sh", description="Measure narrate against its anchors."
    )
    parser.add_argument(
        "--quick", action="store_true", help="small sizes and few rounds: a look, no measurement"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--markdown", action="store_true", help="print a Markdown table, also on a terminal"
    )
    parser.add_argument(
        "--only",
        choices=MEASUREMENTS,
        action="append",
        help="take this measurement; may be repeated",
    )
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.inside:
        INSIDE_MEASUREMENTS[flags.inside[0]](flags.inside[1])
        return
    rows: list[Row] = []
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="benchmark-") as folder:
        for name in flags.only or MEASUREMENTS:
            print(f"measuring: {name}", file=sys.stderr)
            rows += MEASUREMENTS[name](Bench(Path(folder), **(QUICK if flags.quick else {})))
    if flags.json:
        print(json.dumps({"machine": machine(), "rows": [row._asdict() for row in rows]}, indent=2))
    else:
        show(rows, plain=flags.markdown or not sys.stdout.isatty())


if __name__ == "__main__":
    main()
