"""How fast engines and models are on this machine: ten segments in one voice, through the worker
that a run uses.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from narrate import build, script
from narrate.base.files import targets
from narrate.config import Config, Settings
from narrate.engines import registry
from narrate.engines.base import Job, Reference
from narrate.errors import SynthesisError, UsageError
from narrate.planning import casting
from narrate.planning.casting import Choice
from narrate.request import Request, RequestVoice, Stock
from narrate.voices import voice
from narrate.workers import environments
from narrate.workers.client import JobFailed, Worker
from narrate.workers.environments import Warn
from narrate.workers.process import WorkerLost

PICTURE = re.compile(
    rb'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="\d+" font-family="sans-serif">'
)
"""How a chart begins."""

TEXTS = (
    "Multiply each entry of the row by the matching entry of the "
    "column, and then add all of the products.",
    "The determinant of a two by two matrix is the product of "
    "one diagonal minus the product of the other.",
    "A linear map sends straight lines to straight lines, and it "
    "never moves the origin to another place.",
    "The derivative measures how fast a function changes when "
    "its input is moved by a very small amount.",
    "Every continuous function on a closed interval takes a "
    "largest value and a smallest value somewhere.",
    "If two triangles have the same three angles, then their "
    "sides are all in the same proportion as well.",
    "The sum of the first odd numbers is always a perfect "
    "square, as a picture of dots shows at once.",
    "An eigenvector keeps its direction under the map, and its "
    "eigenvalue says how much it is stretched.",
    "The area below a curve is found by adding up many thin "
    "strips, and letting their width go to zero.",
    "A prime number has no divisors but one and itself, and "
    "there is no end to the list of the primes.",
)
"""Ten segments of about 100 characters of mathematics."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one way to speak the ten segments; times in seconds, memory in bytes.

    `load` ends when the worker is ready, `first_clip` counts from there. `seconds` is for all the
    segments.
    """

    name: str
    engine: str
    model: str
    batch: int
    device: str
    load: float
    first_clip: float
    seconds: float
    audio: float
    memory: int
    device_memory: int

    @property
    def rtf(self) -> float:
        """Synthesis seconds per second of audio; lower is better."""
        return self.seconds / self.audio

    def to_json(self) -> dict[str, Any]:
        """The figures with those that follow from them."""
        per_segment = self.seconds / len(TEXTS)
        return asdict(self) | {
            "seconds_per_segment": round(per_segment, 4),
            "rtf": round(self.rtf, 4),
            "times_real_time": round(1 / self.rtf, 2),
        }


def measure(
    settings: Settings, batches: Sequence[int], reference: Path | None, warn: Warn
) -> Iterator[Figures]:
    """Measure one engine at each batch size, and the library behind it called one by one.

    `reference` is the recording of the voice for engines that clone; `warn` is called with what
    a person should know. Raises EnvironmentProblem for an engine that cannot run here, and
    SynthesisError for one that fails.
    """
    choice, said_by, references = _cast(settings, reference)
    python = environments.python_for(choice.name, settings, warn)
    jobs = [Job(_request(choice, settings, text, said_by)) for text in TEXTS]
    track = _Track(choice, python, jobs, references, settings.timeout)
    for batch in batches:
        yield track.run(f"batch {batch}", batch, choice.module)
    if choice.capabilities.baseline:
        yield track.run("one by one, without narrate", 1, choice.capabilities.baseline)


def cached() -> float:
    """Seconds that a run takes when everything is in the cache and written, measured on the ten
    segments.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.json"
        path.write_text(build_script())
        settings = Config(Settings(cache_dir=f"{folder}/cache", engine="hibari"), {}, ())
        for _ in range(2):
            started = time.perf_counter()
            build.perform(script.load(path), settings, build.Options(), lambda event: None)
        return time.perf_counter() - started


def build_script() -> str:
    """The ten segments as a script."""
    return json.dumps([{"text": text} for text in TEXTS])


def default_reference() -> Path:
    """The reference voice that comes with narrate. Raises UsageError where it was left out."""
    package = Path(__file__).parents[1]
    for folder in (package / "voice_ref", package.parents[1] / "examples" / "voice_ref"):
        if (folder / "ref.wav").exists():
            return folder / "ref.wav"
    raise UsageError(
        "this installation came without its reference voice", where="--ref", hint="name a recording"
    )


def _cast(
    settings: Settings, reference: Path | None
) -> tuple[Choice, RequestVoice, dict[str, Reference]]:
    """The engine, what a request says of the voice, and the recording itself."""
    engine = registry.capabilities(settings.engine)
    if "clone" not in engine.voices or engine.for_tests:
        return casting.choose("default", settings), Stock(), {}
    path = reference or default_reference()
    loaded = voice.load(script.RecordedVoice(path.name), path.parent, f"--ref {path}")
    return casting.choose("clone", settings), loaded.clone, {loaded.clone.ref: loaded.reference}


def _request(choice: Choice, settings: Settings, text: str, said_by: RequestVoice) -> Request:
    engine = choice.capabilities
    sampling = {name: f"{value:g}" for name, value in settings.sampling.items()}
    return Request(
        engine.name, engine.behaviour, choice.model_key, text, "en", said_by, sampling=sampling
    )


@dataclass(frozen=True, slots=True)
class _Track:
    """What every way to speak is measured on: one engine, one interpreter, the same jobs."""

    choice: Choice
    python: str
    jobs: Sequence[Job]
    references: Mapping[str, Reference]
    timeout: float

    def run(self, name: str, batch: int, module: str) -> Figures:
        """Have the engine of a module speak the jobs. Raises SynthesisError."""
        started = time.perf_counter()
        worker = Worker(self.choice.name, self.choice.model, self.python, module)
        try:
            worker.wait_ready()
            ready = time.perf_counter()
            arrivals, audio = self._answers(worker, batch)
            usage = worker.usage()
        except (WorkerLost, JobFailed) as error:
            where = f"bench {self.choice.name}"
            raise SynthesisError(str(error), where=where, hint="see `narrate doctor`") from error
        finally:
            worker.kill()
        return Figures(
            name=name,
            engine=self.choice.name,
            model=self.choice.model.name,
            batch=batch,
            device=worker.facts.get("device", "cpu"),
            load=ready - started,
            first_clip=arrivals[0] - ready,
            seconds=arrivals[-1] - ready,
            audio=audio,
            **usage,
        )

    def _answers(self, worker: Worker, batch: int) -> tuple[list[float], float]:
        """When each clip arrived, and the seconds of audio in all of them."""
        arrivals, audio = [], 0.0
        for start in range(0, len(self.jobs), batch):
            together = self.jobs[start : start + batch]
            worker.send(together, self.references)
            for _ in together:
                sound = worker.receive(self.timeout * len(together)).sound
                arrivals.append(time.perf_counter())
                audio += sound.samples.size / sound.rate
        return arrivals, audio


def check_picture(path: Path) -> None:
    """Refuse to replace a file that is not a picture of ours. Raises UsageError."""
    targets.check(path, PICTURE, "a picture", "--plot")


def chart(rows: Sequence[Figures]) -> str:
    """The figures as an SVG picture: a bar each, whose length is the speed in times real time."""
    longest = max(1 / row.rtf for row in rows)
    bars = "".join(_bar(row, index, longest) for index, row in enumerate(rows))
    height = 56 + 34 * len(rows)
    title = "times faster than real time (longer is better)"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{height}" '
        f'font-family="sans-serif">'
        f'<rect width="100%" height="100%" fill="white"/>'
        f'<text x="16" y="28" font-size="15">{title}</text>{bars}</svg>\n'
    )


def _bar(row: Figures, index: int, longest: float) -> str:
    top, speed = 48 + 34 * index, 1 / row.rtf
    width = 380 * speed / longest
    label = _escape(f"{row.engine}, {row.name}")
    return (
        f'<text x="16" y="{top + 17}" font-size="13">{label}</text>'
        f'<rect x="270" y="{top}" width="{max(1, width):.0f}" height="24" fill="#3b6ea5"/>'
        f'<text x="{278 + width:.0f}" y="{top + 17}" font-size="13">{speed:.2f}x</text>'
    )


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
