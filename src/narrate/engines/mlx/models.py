"""Models of mlx-audio: what the mlx engine needs of a model, and how it gets that from models that
it does not know.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from narrate.engines import qwen
from narrate.engines.base import (
    Job,
    Reference,
    StopReason,
    Synthesis,
    Unspeakable,
    Unusable,
    first_line,
)
from narrate.request import Clone, Design, Stock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NO_SPEAKERS = ("chatterbox", "chatterbox_turbo", "dia", "outetts", "soprano")
"""Families whose `generate` has a parameter `voice` that names no speaker: it does nothing, or is a
file to open.
"""

SPEAKER = re.compile(r"[\w ,+-]+")
"""What a speaker may be called. Some models open a name with a slash or a dot as a file, or
download it.
"""


class Model(Protocol):
    """A loaded model."""

    network: Any
    kind: str
    languages: Sequence[str]
    speakers: Sequence[str]

    def shared(self, job: Job) -> Hashable:
        """What jobs must have in common to be spoken together; None if a job is spoken alone."""

    def speak(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> list[Synthesis | Exception]:
        """One result a job, in their order; all jobs have the same `shared`."""


class Other:
    """Any other model of mlx-audio. It gets what its `generate` has a parameter for; jobs that need
    more are refused.

    Nothing here knows how such a model sounds, nor what it does with its parameters.
    """

    kind = "other"
    languages: Sequence[str] = ()

    def __init__(self, network: Any, folder: Path) -> None:
        self.network = network
        self._family = (
            type(network).__module__.removeprefix("mlx_audio.tts.models.").partition(".")[0]
        )
        self._takes = dict(inspect.signature(network.generate).parameters)
        if self._family in NO_SPEAKERS:
            self._takes.pop("voice", None)
        self._rate: int = getattr(network, "sample_rate", None) or qwen.RATE
        predefined = getattr(sys.modules[type(network).__module__], "PREDEFINED_VOICES", ())
        self.speakers: Sequence[str] = sorted(
            {*predefined, *(path.stem for path in folder.glob("voices/*.safetensors"))}
        )

    def shared(self, job: Job) -> Hashable:
        return None

    def speak(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> list[Synthesis | Exception]:
        return [self._alone(job, voices) for job in jobs]

    def _alone(self, job: Job, voices: Mapping[str, Reference]) -> Synthesis:
        options = self._options(job, voices)
        try:
            results = list(self.network.generate(line(job), **options))
        except ImportError as error:
            raise Unusable(
                f"this model needs another package ({first_line(error)}): "
                "install it beside mlx-audio"
            ) from error
        if not results:
            raise Unspeakable("the model gave no sound for it")
        cap = self._takes.get("max_tokens")
        return _joined(results, options.get("max_tokens", cap and cap.default))

    def _options(self, job: Job, voices: Mapping[str, Reference]) -> dict[str, Any]:
        request = job.request
        wishes: dict[str, Any] = {
            **{name: self._number(name, float(value)) for name, value in request.sampling.items()},
            "lang_code": request.language,
            "verbose": False,
            # Left out, it would be the same number at every attempt.
            "seed": job.seed if request.seed is not None else int.from_bytes(os.urandom(4)),
        }
        return {name: value for name, value in wishes.items() if name in self._takes} | self._voice(
            job, voices
        )

    def _number(self, name: str, value: float) -> float:
        """A number of the kind that the parameter is by itself."""
        is_whole = name in self._takes and isinstance(self._takes[name].default, int)
        return int(value) if is_whole else value

    def _voice(self, job: Job, voices: Mapping[str, Reference]) -> dict[str, Any]:
        asked: dict[str, Any]
        match job.request.voice:
            case Clone(ref=digest):
                asked = self._recording(voices[digest])
            case Design(design=description, instruct=instruct):
                asked = {"instruct": instruct or description}
            case Stock(speaker=speaker, instruct=instruct):
                asked = {"voice": self._speaker(speaker)} if speaker else {}
                asked |= {"instruct": instruct} if instruct else {}
        self._refuse(asked)
        return asked

    def _recording(self, reference: Reference) -> dict[str, Any]:
        """A recording at the model's own rate, and its transcript where the model has a use for
        one.

        A transcript is then required: some models without it speak in no particular voice.
        """
        from mlx_audio.utils import resample_audio

        asked = {"ref_audio": array(resample_audio(reference.samples, reference.rate, self._rate))}
        if "ref_text" not in self._takes:
            return asked
        if reference.transcript is None:
            raise Unusable(
                f"{self._family} clones a voice only with the transcript of its recording: "
                "write one"
            )
        return asked | {"ref_text": reference.transcript}

    def _speaker(self, name: str) -> str:
        unknown = self.speakers and not set(name.split(",")) <= set(self.speakers)
        if unknown or not SPEAKER.fullmatch(name) or Path(name).exists():
            known = f"; it has: {', '.join(self.speakers)}" if self.speakers else ""
            raise Unusable(f"the model has no speaker {name!r}{known}")
        return name

    def _refuse(self, asked: Iterable[str]) -> None:
        words = {
            "ref_audio": "no recording's voice",
            "voice": "no speaker",
            "instruct": "no description or instruct",
        }
        for name in asked:
            if name not in self._takes and name in words:
                raise Unusable(
                    f"{self._family} takes {words[name]}; a Qwen3-TTS model does: "
                    "choose one with --model"
                )
        recording = self._takes.get("ref_audio")
        if recording and recording.default is inspect.Parameter.empty and "ref_audio" not in asked:
            raise Unusable(
                f"{self._family} speaks only in the voice of a recording: give the voice a 'ref'"
            )


def line(job: Job) -> str:
    """The text of a job in one line: some ways to speak make every line an utterance of its own."""
    return " ".join(job.request.text.splitlines())


def array(samples: Any) -> Any:
    import mlx.core as mx

    return mx.array(samples, dtype=mx.float32)


def mono(audio: Any) -> NDArray[np.float32]:
    """MLX or numpy samples of any type and shape as mono float32 ones."""
    import mlx.core as mx
    import numpy as np

    samples = np.array(mx.array(audio).astype(mx.float32)).squeeze()
    return (
        samples
        if samples.ndim <= 1
        else samples.mean(axis=int(np.argmin(samples.shape)), dtype=np.float32)
    )


def _joined(results: Sequence[Any], cap: int | None) -> Synthesis:
    """The results of one job as one sound; as many tokens as the model may use are a text cut
    short.
    """
    import numpy as np

    full = cap is not None and any(result.token_count >= cap for result in results)
    samples = np.concatenate([np.atleast_1d(mono(result.audio)) for result in results])
    return Synthesis(samples, results[0].sample_rate, StopReason.LENGTH if full else StopReason.END)
