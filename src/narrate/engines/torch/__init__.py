"""torch: Qwen3-TTS on PyTorch, through qwen-tts, on CUDA, on Apple's GPU and on any CPU."""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from narrate.engines import qwen
from narrate.engines.base import (
    Auto,
    Capabilities,
    Job,
    ModelRef,
    Reference,
    StopReason,
    Synthesis,
    Unspeakable,
    Unusable,
    first_line,
)
from narrate.engines.torch import batches
from narrate.engines.torch.prompts import Prompts

DEVICE_PROBE = """
import torch
if torch.cuda.is_available():
    card = torch.cuda.get_device_properties(0)
    print(f"cuda ({card.name}, {card.total_memory / 2**30:.0f} GiB)")
else:
    print("mps" if torch.backends.mps.is_available() else f"cpu ({torch.get_num_threads()} threads)")
"""

CAPABILITIES = Capabilities(
    name="torch",
    behaviour=1,
    model="Qwen/Qwen3-TTS-12Hz-1.7B-Base",
    languages=tuple(qwen.LANGUAGES),
    speakers=qwen.SPEAKERS,
    voices=("clone", "speaker", "design"),
    packages=("qwen-tts", "qwen-tts-hf", "torch", "transformers", "numpy"),
    rtf=1.0,
    batch=32,
    side_by_side=False,
    auto=Auto.ELSEWHERE,
    models=qwen.model_table("Qwen/Qwen3-TTS-12Hz-{}-{}".format),
    environments=("torch", "both"),
    modules=("torch", "qwen_tts"),
    device_probe=DEVICE_PROBE,
    baseline="narrate.engines.torch.stock",
)

TRANSFORMERS = "4.57."
"""What qwen-tts was written for. With 5.x it reads a voice wrong, and says nothing
(QwenLM/Qwen3-TTS#237).
"""

FRAME_SAMPLES = 1920
ROWS = 64
"""The widest batch; beyond it a GPU gains little and one runaway holds up too many."""

FRAME_BYTES = 2**20
"""Device memory for a frame of one row, per byte of a number: the codec's widest layers and what
they hand on.

An estimate; where it is too low, batches are halved.
"""

FRAMES = 2048
"""The budget of a batch in frames where the device does not say how much memory is free."""

FILES = ("config.json", "generation_config.json", "vocab.json", "merges.txt", "model*.safetensors")
CODEC_FILES = ("config.json", "preprocessor_config.json", "model*.safetensors")
"""What a model must hold, and its folder speech_tokenizer; nothing else of it is fetched than JSON
and weights.
"""

TOO_LITTLE_MEMORY = (
    "the device has too little memory for it, even alone: shorten the text or the recording of the voice, "
    "close what else uses the device, or take a smaller model with --model"
)

DTYPES = ("float32", "bfloat16", "float16")


class Engine:
    """Speaks with one Qwen3-TTS model; jobs that share a voice are spoken together, unless a seed
    is asked for.

    What a batch samples depends on all its rows, so a job whose request has a seed is spoken alone.
    """

    kind = device = dtype = size = ""
    languages: Sequence[str] = ()
    speakers: Sequence[str] = ()

    def load(self, model: ModelRef) -> None:
        """Get the model onto the device."""
        if model.offline:
            os.environ["HF_HUB_OFFLINE"] = "1"
        _require_transformers()
        folder = _folder(model)
        _require_files(folder)
        _stub_torchaudio()
        import torch

        self._torch: Any = torch
        self.device = _choose_device(torch, model.device)
        self.dtype = _choose_dtype(model.dtype, self.device)
        self._model: Any = _read(torch, folder, self.device, self.dtype)
        self.kind, self.size = self._model.model.tts_model_type, self._model.model.tts_model_size
        self.languages = sorted(set(self._model.get_supported_languages()) - {"auto"})
        self.speakers = self._model.get_supported_speakers()
        self._prompts = Prompts(
            self._model, model.prompts, self.dtype, CAPABILITIES.behaviour, folder.name
        )
        self._budget = _budget(torch, self.device, self.dtype)

    def synthesize(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[Synthesis | Exception]:
        """Speak the jobs, longest first; results are held back until those of the jobs before them
        are there.
        """
        done: dict[int, Synthesis | Exception] = {}
        for index, job in enumerate(jobs):
            try:
                self._admit(job, voices)
            except (Unusable, Unspeakable) as refusal:
                done[index] = refusal
        admitted = [index for index in range(len(jobs)) if index not in done]
        pending = self._batches(admitted, jobs, voices)
        for index in range(len(jobs)):
            while index not in done:
                batch = next(pending)
                done |= zip(batch, self._speak([jobs[each] for each in batch], voices), strict=True)
            yield done.pop(index)

    def close(self) -> None:
        """Let go of the model and of its memory."""
        del self._model, self._prompts
        self._free_memory()

    def device_memory(self) -> int:
        """The most memory that the model and its batches have held on the GPU, in bytes."""
        return int(self._torch.cuda.max_memory_allocated()) if self.device.startswith("cuda") else 0

    def _admit(self, job: Job, voices: Mapping[str, Reference]) -> None:
        """Raises Unusable for what this model cannot do, and Unspeakable for what it would take for
        a command.
        """
        voice = job.request.voice
        qwen.admit(voice, self.kind, self.size, self.speakers)
        qwen.language_name(job.request.language, self.languages)
        qwen.sampling(job)
        if "ref" in voice and voice["ref"] not in voices:
            raise Unusable(f"the recording {voice['ref']} of a voice did not reach the engine")
        if "transcript" in voice and not voices[voice["ref"]].transcript:
            raise Unusable(
                f"the transcript of the recording {voice['ref']} did not reach the engine"
            )
        for mark in self._model.processor.tokenizer.all_special_tokens:
            if mark in job.request.text:
                raise Unspeakable(f"it holds {mark}, which would end or begin a text for the model")

    def _batches(
        self, admitted: Sequence[int], jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[list[int]]:
        """The indices of the jobs to speak together, batch after batch."""
        alike: dict[Hashable, list[int]] = defaultdict(list)
        for index in admitted:
            request = jobs[index].request
            alone = None if request.seed is None else index
            options = (tuple(sorted(each.items())) for each in (request.voice, request.sampling))
            alike[request.language, alone, *options].append(index)
        for indices in alike.values():
            prompt = _prompt_frames(jobs[indices[0]], voices)
            lengths = [qwen.likely_frames(jobs[index]) for index in indices]
            for batch in batches.pack(lengths, self._budget, ROWS, prompt):
                yield [indices[place] for place in batch]

    def _speak(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> list[Synthesis | Exception]:
        """Speak jobs together; where that fails in halves, down to the one that cannot be spoken."""
        results = self._attempt(jobs, voices)
        if results is not None:
            return results
        half = len(jobs) // 2
        return self._speak(jobs[:half], voices) + self._speak(jobs[half:], voices)

    def _attempt(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> list[Synthesis | Exception] | None:
        """The results of jobs spoken together; None where fewer at once may do."""
        try:
            return self._generate(jobs, voices)
        except Exception as error:
            if "CUDA error" in str(error):
                # From here on every call fails, so that only a new process can go on.
                raise SystemExit(f"the CUDA device is lost: {error}") from error
            # Without its traceback, which would keep the tensors of the failed batch alive.
            failure = error.with_traceback(None)
        self._free_memory()
        if is_memory(failure):
            failure = Unspeakable(TOO_LITTLE_MEMORY)
            held = len(jobs) * (
                _prompt_frames(jobs[0], voices) + max(map(qwen.likely_frames, jobs))
            )
            self._budget = min(self._budget, held / 2)
        return [failure] if len(jobs) == 1 else None

    def _generate(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> list[Synthesis | Exception]:
        """One call of the model for jobs that share a voice, a language and their sampling."""
        if jobs[0].request.seed is None:
            self._torch.seed()
        else:
            self._torch.manual_seed(jobs[0].seed)
        sounds, rate = self._call(jobs[0], voices)(
            text=[job.request.text for job in jobs],
            language=qwen.language_name(jobs[0].request.language, self.languages),
            non_streaming_mode=True,
            # The last token asked for gives no frame.
            max_new_tokens=max(map(qwen.max_frames, jobs)) + 1,
            **sampling_options(jobs[0]),
        )
        return [_result(job, sound, rate) for job, sound in zip(jobs, sounds, strict=True)]

    def _call(self, job: Job, voices: Mapping[str, Reference]) -> Any:
        """The function of the model that speaks a job's kind of voice, with the voice filled in."""
        voice = job.request.voice
        if self.kind == "base":
            prompt = self._prompts.get(job.request, voices[voice["ref"]])
            return partial(self._model.generate_voice_clone, voice_clone_prompt=[prompt])
        if self.kind == "voice_design":
            return partial(self._model.generate_voice_design, instruct=voice["design"])
        speaker = qwen.speaker(voice, self.speakers)
        return partial(
            self._model.generate_custom_voice, speaker=speaker, instruct=voice.get("instruct")
        )

    def _free_memory(self) -> None:
        gc.collect()
        kind = self.device.partition(":")[0]
        if kind != "cpu":
            getattr(self._torch, kind).empty_cache()


def _prompt_frames(job: Job, voices: Mapping[str, Reference]) -> float:
    """How many frames of a recording each row of a job's voice carries, before its own."""
    reference = voices.get(job.request.voice.get("ref", ""))
    return qwen.FRAMES_PER_SECOND * reference.samples.size / reference.rate if reference else 0.0


def _budget(torch: Any, device: str, dtype: str) -> float:
    """How many frames a batch may hold: what fits into the memory that the loaded model leaves
    free.
    """
    if not device.startswith("cuda"):
        return FRAMES
    free, _ = torch.cuda.mem_get_info(torch.device(device))
    return float(free / (FRAME_BYTES * getattr(torch, dtype).itemsize))


def sampling_options(job: Job) -> dict[str, Any]:
    """A job's sampling as qwen-tts takes it, for the first code of a frame and for the fifteen that
    follow.
    """
    numbers = qwen.sampling(job)
    draws = numbers["temperature"] > 0
    options = {"top_k": int(numbers["top_k"]), "top_p": numbers["top_p"]}
    # Greedy decoding takes no temperature, but would be given that of generation_config.json.
    options["temperature"] = numbers["temperature"] if draws else 1.0
    return {
        "do_sample": draws,
        "subtalker_dosample": draws,
        "repetition_penalty": numbers["repetition_penalty"],
        **options,
        **{f"subtalker_{name}": number for name, number in options.items()},
    }


def _result(job: Job, sound: Any, rate: int) -> Synthesis:
    """A row that has reached the cap of its own text is a runaway, though its batch may have gone
    on.
    """
    frames, leftover = divmod(sound.size, FRAME_SAMPLES)
    ended = frames < qwen.max_frames(job)
    # qwen-tts cuts the recording off at a fraction of the whole, and by rounding leaves a sample of
    # it at times.
    return Synthesis(sound[leftover:], rate, StopReason.END if ended else StopReason.LENGTH)


def is_memory(error: Exception) -> bool:
    """Whether an error means that memory is short: CUDA's, MPS's or the machine's."""
    words = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or "out of memory" in words
        or "can't allocate memory" in words
    )


def _require_transformers() -> None:
    import transformers

    if not transformers.__version__.startswith(TRANSFORMERS):
        raise Unusable(
            f"transformers {transformers.__version__} makes wrong audio with qwen-tts and does not say so: "
            "pip install transformers==4.57.3, or `narrate engines install torch`"
        )


def _stub_torchaudio() -> None:
    """Put empty modules in place of a torchaudio that is missing or does not fit PyTorch.

    qwen-tts imports it for a codec of 25 Hz, which no released model has.
    """
    names = ("torchaudio", "torchaudio.compliance", "torchaudio.compliance.kaldi")
    try:
        importlib.import_module(names[-1])
    except (ImportError, OSError, RuntimeError):
        for name in names:
            module = ModuleType(name)
            module.__spec__ = ModuleSpec(name, None, is_package=True)
            module.__path__ = []
            sys.modules[name] = module


def _folder(model: ModelRef) -> Path:
    """The folder of a model; a hub id is fetched, or found among what was fetched before.

    qwen-tts itself would take the codec of a pinned revision from the newest one.
    """
    if os.path.isabs(model.name):
        return Path(model.name)
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(
                model.name,
                revision=model.revision or None,
                local_files_only=model.offline,
                allow_patterns=["*.json", "*.txt", "*.safetensors"],
            )
        )
    except (OSError, ValueError) as error:
        raise Unusable(
            f"the model {model.name} is not on this machine and cannot be fetched ({first_line(error)}): "
            f"try `narrate models pull {model.name}` with a network"
        ) from error


def _require_files(folder: Path) -> None:
    """Raises Unusable for what is no Qwen3-TTS model, or half of one."""
    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Unusable(
            f"{folder} holds no model: its config.json cannot be read ({first_line(error)})"
        ) from error
    if kind != "qwen3_tts":
        raise Unusable(f"{folder} holds a {kind} model; torch speaks with Qwen3-TTS models only")
    wanted = [*FILES, *(f"speech_tokenizer/{name}" for name in CODEC_FILES)]
    missing = [name for name in wanted if not any(folder.glob(name))]
    if missing:
        raise Unusable(
            f"the model in {folder} is incomplete, it lacks {', '.join(missing)}: fetch it again"
        )


def _choose_device(torch: Any, wanted: str) -> str:
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    found = [name for name, is_there in there.items() if is_there]
    if wanted and wanted.partition(":")[0] not in found:
        raise Unusable(
            f"PyTorch has no device {wanted!r} on this machine; leave it out, or choose: {', '.join(found)}"
        )
    return wanted or found[0]


def _choose_dtype(wanted: str, device: str) -> str:
    if wanted and wanted not in DTYPES:
        raise Unusable(
            f"there is no dtype {wanted!r}; leave it out, or choose: {', '.join(DTYPES)}"
        )
    # On Apple's GPU such models speak noise in half precision (k2-fsa/OmniVoice#172,
    # nari-labs/dia#188).
    return wanted or ("bfloat16" if device.startswith("cuda") else "float32")


def _read(torch: Any, folder: Path, device: str, dtype: str) -> Any:
    """Load a complete model of a folder. Raises Unusable."""
    from qwen_tts import Qwen3TTSModel
    from transformers.utils import is_flash_attn_2_available

    flash = device.startswith("cuda") and dtype != "float32" and is_flash_attn_2_available()
    try:
        return Qwen3TTSModel.from_pretrained(
            str(folder),
            device_map=device,
            dtype=getattr(torch, dtype),
            attn_implementation="flash_attention_2" if flash else "sdpa",
            local_files_only=True,
            use_safetensors=True,
        )
    except Exception as error:  # of many kinds, and each means that this model does not load here
        reason = "too little memory" if is_memory(error) else first_line(error)
        raise Unusable(f"the model in {folder} cannot be loaded on {device} ({reason})") from error
