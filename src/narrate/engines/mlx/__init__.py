"""mlx: Qwen3-TTS on Apple Silicon, through mlx-audio; and, as an experiment, any other model that
mlx-audio has.
"""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from narrate.base import languages
from narrate.engines import qwen
from narrate.engines.base import (
    Auto,
    Capabilities,
    Job,
    ModelRef,
    Reference,
    Synthesis,
    Unusable,
    first_line,
)
from narrate.engines.mlx.models import Model, Other
from narrate.engines.mlx.qwen3 import Qwen, require_files

QUANTISATION = {"0.6B": "4bit", "1.7B": "8bit"}
"""Of the conversions by size. At 1.7B, 4 bits ramble; 0.6B in 4 bits is for drafts only."""


def _hub_id(size: str, checkpoint: str) -> str:
    return f"mlx-community/Qwen3-TTS-12Hz-{size}-{checkpoint}-{QUANTISATION[size]}"


DEVICE_PROBE = """
import mlx.core
print(mlx.core.default_device().type.name)
"""

CAPABILITIES = Capabilities(
    name="mlx",
    behaviour=1,
    model="mlx-community/Qwen3-TTS-12Hz-1.7B-Base-8bit",
    languages=tuple(languages.NAMES),
    speakers=qwen.SPEAKERS,
    voices=("clone", "speaker", "design"),
    packages=("mlx-audio", "mlx", "transformers", "numpy"),
    rtf=0.5,
    batch=8,
    side_by_side=False,
    streams=True,
    auto=Auto.APPLE_SILICON,
    models=qwen.model_table(_hub_id),
    environments=("mlx", "both"),
    modules=("mlx", "mlx_audio"),
    device_probe=DEVICE_PROBE,
    baseline="narrate.engines.mlx.stock",
)

DEVICES = ("cpu", "gpu")


def capabilities_of(model: ModelRef) -> Capabilities:
    """Other models of mlx-audio have speakers and languages of their own, which only the model
    knows, and each its own way to stream.
    """
    if qwen.is_qwen(model):
        return CAPABILITIES
    return replace(CAPABILITIES, speakers=(), languages=(), streams=False)


class Engine:
    """Speaks with one model of mlx-audio, which MLX can use only in the thread that loaded it."""

    kind = device = dtype = ""
    languages: Sequence[str] = ()
    speakers: Sequence[str] = ()

    def load(self, model: ModelRef) -> None:
        """Load the model and check that it is complete: with a part missing mlx-audio speaks
        noise.
        """
        if model.offline:
            os.environ["HF_HUB_OFFLINE"] = "1"
        self.device = _choose_device(model.device)
        folder = _folder(model)
        config = _config(folder)
        self._model: Model = _open(folder, config)
        self.kind, self.languages, self.speakers = (
            self._model.kind,
            self._model.languages,
            self._model.speakers,
        )
        self.dtype = _precision(config, self._model.network)
        if model.dtype not in ("", self.dtype):
            raise Unusable(
                f"{model.name} holds {self.dtype} weights, and mlx computes in the precision of "
                "its weights: leave out dtype, or choose a conversion to "
                f"{model.dtype} with --model"
            )

    def synthesize(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[Synthesis | Exception]:
        """Speak the jobs, those without a seed that share a voice together.

        What is sampled depends on what shares a batch, so a job with a seed is spoken alone.
        """
        done: dict[int, Synthesis | Exception] = {}
        for place in range(len(jobs)):
            if place not in done:
                mates = _mates(place, jobs, self._model.shared)
                done.update(
                    zip(mates, self._speak([jobs[mate] for mate in mates], voices), strict=True)
                )
            yield done.pop(place)

    def stream(self, job: Job, voices: Mapping[str, Reference]) -> Iterator[Synthesis]:
        """Speak a job piece by piece; the pieces are not quite what `synthesize` gives."""
        import mlx.core as mx

        assert isinstance(self._model, Qwen)
        _draw(job)
        try:
            yield from self._model.stream(job, voices)
        finally:
            mx.clear_cache()

    def close(self) -> None:
        """Let go of the model and of the memory that MLX keeps for the next one."""
        import mlx.core as mx

        del self._model
        mx.clear_cache()

    def device_memory(self) -> int:
        """The most memory that MLX has held, in bytes."""
        import mlx.core as mx

        return int(mx.get_peak_memory())

    def _speak(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> list[Synthesis | Exception]:
        """Speak jobs together; if that fails, one by one, so that a failure costs one job."""
        import mlx.core as mx

        _draw(jobs[0])
        try:
            return self._model.speak(jobs, voices)
        except Exception as error:
            if len(jobs) == 1:
                return [error]
        finally:
            mx.clear_cache()
        return [result for job in jobs for result in self._speak([job], voices)]


def _draw(job: Job) -> None:
    """Begin what is random in a job: without a seed every attempt must differ, also after one with
    a seed.
    """
    import mlx.core as mx

    asked = job.request.seed is not None
    mx.random.seed(job.seed if asked else int.from_bytes(os.urandom(4)))


def _open(folder: Path, config: Mapping[str, Any]) -> Model:
    """Load the model in a folder. Raises ImportError where its family needs more packages, and
    Unusable.
    """
    is_qwen = config.get("model_type") == "qwen3_tts"
    if is_qwen:
        require_files(folder)
    from mlx_audio.tts import load_model

    try:
        # As a path: mlx-audio then reads a model's family from the name of its folder in the hub's
        # cache.
        network = load_model(folder)
    except (OSError, ValueError, RuntimeError) as error:
        raise Unusable(f"mlx-audio cannot load {folder}: {first_line(error)}") from error
    return Qwen(network, folder) if is_qwen else Other(network, folder)


def _mates(place: int, jobs: Sequence[Job], shared: Any) -> list[int]:
    """The places of the jobs to speak together: `place`, then later ones that share with it."""
    group: Hashable = shared(jobs[place])
    if group is None:
        return [place]
    mates = [each for each in range(place, len(jobs)) if shared(jobs[each]) == group]
    return mates[: CAPABILITIES.batch]


def _choose_device(name: str) -> str:
    """Use the named device, or MLX's own choice; returns its name."""
    import mlx.core as mx

    if name:
        if name not in DEVICES or not mx.is_available(mx.Device(getattr(mx, name))):
            raise Unusable(
                f"mlx has no device {name!r} on this machine; "
                f"leave it out, or choose: {', '.join(DEVICES)}"
            )
        mx.set_default_device(mx.Device(getattr(mx, name)))
    return str(mx.default_device().type).rpartition(".")[2]


def _folder(model: ModelRef) -> Path:
    """The folder of a model, which is downloaded unless it is here. Raises Unusable."""
    from mlx_audio.utils import get_model_path

    try:
        return Path(get_model_path(model.name, revision=model.revision or None))
    except Exception as error:  # the hub's client raises many kinds, and each means the same
        raise qwen.not_here(model, error) from error


def _config(folder: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unusable(f"{folder / 'config.json'} cannot be read: {first_line(error)}") from error
    return config


def _precision(config: Mapping[str, Any], network: Any) -> str:
    """How the weights are stored: "4-bit", "8-bit", or the type of most of them."""
    quantised = config.get("quantization") or config.get("quantization_config")
    if quantised:
        return f"{quantised['bits']}-bit"
    from mlx.utils import tree_flatten

    sizes: dict[str, int] = {}
    for _, weights in tree_flatten(network.parameters()):
        name = str(weights.dtype).rpartition(".")[2]
        sizes[name] = sizes.get(name, 0) + weights.size
    return max(sizes, key=lambda name: sizes[name], default="")
