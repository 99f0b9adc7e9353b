"""torch: Qwen3-TTS on PyTorch, through qwen-tts, on CUDA, on Apple's GPU and on any CPU."""

from __future__ import annotations

import gc
import os
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from narrate.base import languages
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
)
from narrate.engines.torch import batches, loading
from narrate.engines.torch.prompts import Prompts
from narrate.request import Clone, Design, Stock

DEVICE_PROBE = """
import torch
if torch.cuda.is_available():
    card = torch.cuda.get_device_properties(0)
    print(f"cuda ({card.name}, {card.total_memory / 2**30:.0f} GiB)")
else:
    mps = torch.backends.mps.is_available()
    print("mps" if mps else f"cpu ({torch.get_num_threads()} threads)")
"""

CAPABILITIES = Capabilities(
    name="torch",
    behaviour=1,
    model="Qwen/Qwen3-TTS-12Hz-1.7B-Base",
    languages=tuple(languages.NAMES),
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

FRAME_SAMPLES = 1920
ROWS = 64
"""The widest batch; beyond it a GPU gains little and one runaway holds up too many."""

TOO_LITTLE_MEMORY = (
    "the device has too little memory for it, even alone: shorten the text or the recording of the "
    "voice, close what else uses the device, or choose a smaller model with --model"
)


class Engine:
    """Speaks with one Qwen3-TTS model, jobs that share a voice together.

    What a batch samples depends on all its rows, so a job whose request has a seed is spoken alone.
    """

    kind = device = dtype = size = ""
    languages: Sequence[str] = ()
    speakers: Sequence[str] = ()

    def load(self, model: ModelRef) -> None:
        """Get the model onto the device."""
        if model.offline:
            os.environ["HF_HUB_OFFLINE"] = "1"
        loading.require_versions()
        folder = loading.folder(model)
        loading.require_files(folder)
        loading.stub_torchaudio()
        import torch

        self._torch: Any = torch
        self.device = loading.choose_device(torch, model.device)
        self.dtype = loading.choose_dtype(model.dtype, self.device)
        self._model: Any = loading.read(torch, folder, self.device, self.dtype)
        self.kind, self.size = self._model.model.tts_model_type, self._model.model.tts_model_size
        self.languages = sorted(set(self._model.get_supported_languages()) - {"auto"})
        self.speakers = self._model.get_supported_speakers()
        self._prompts = Prompts(
            self._model, model.prompts, self.dtype, CAPABILITIES.behaviour, folder.name
        )
        self._budget = loading.budget(torch, self.device, self.dtype)

    def synthesize(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[Synthesis | Exception]:
        """Speak the jobs, longest first; a result waits for those of the jobs before it."""
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
        """Raises Unusable for what this model cannot do, and Unspeakable for a text that holds a
        control mark of the model.
        """
        voice = job.request.voice
        qwen.admit(voice, self.kind, self.size, self.speakers)
        qwen.language_name(job.request.language, self.languages)
        qwen.sampling(job)
        if isinstance(voice, Clone):
            if voice.ref not in voices:
                raise Unusable(f"the recording {voice.ref} of a voice did not reach the engine")
            if voice.transcript and not voices[voice.ref].transcript:
                raise Unusable(
                    f"the transcript of the recording {voice.ref} did not reach the engine"
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
            sampling = tuple(sorted(request.sampling.items()))
            alike[request.language, alone, request.voice, sampling].append(index)
        for indices in alike.values():
            prompt = _prompt_frames(jobs[indices[0]], voices)
            lengths = [qwen.likely_frames(jobs[index]) for index in indices]
            for batch in batches.pack(lengths, self._budget, ROWS, prompt):
                yield [indices[place] for place in batch]

    def _speak(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> list[Synthesis | Exception]:
        """Speak jobs together; where that fails, speak each half, down to the job that cannot be
        spoken.
        """
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
            # The traceback would keep the tensors of the failed batch alive.
            failure = error.with_traceback(None)
        self._free_memory()
        if loading.is_memory_error(failure):
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
        match job.request.voice:
            case Clone(ref=digest) as voice:
                prompt = self._prompts.get(job.request, voice, voices[digest])
                return partial(self._model.generate_voice_clone, voice_clone_prompt=[prompt])
            case Design(design=description):
                return partial(self._model.generate_voice_design, instruct=description)
            case Stock(instruct=instruct) as voice:
                speaker = qwen.speaker(voice, self.speakers)
                return partial(
                    self._model.generate_custom_voice, speaker=speaker, instruct=instruct
                )

    def _free_memory(self) -> None:
        gc.collect()
        kind = self.device.partition(":")[0]
        if kind != "cpu":
            getattr(self._torch, kind).empty_cache()


def _prompt_frames(job: Job, voices: Mapping[str, Reference]) -> float:
    """How many frames of the recording precede the frames of a job's own text."""
    voice = job.request.voice
    reference = voices.get(voice.ref) if isinstance(voice, Clone) else None
    return qwen.FRAMES_PER_SECOND * reference.samples.size / reference.rate if reference else 0.0


def sampling_options(job: Job) -> dict[str, Any]:
    """A job's sampling as qwen-tts takes it: for the first code of a frame, and for the other
    fifteen ("subtalker").
    """
    numbers = qwen.sampling(job)
    draws = numbers["temperature"] > 0
    options = {"top_k": int(numbers["top_k"]), "top_p": numbers["top_p"]}
    # Greedy decoding uses no temperature; left out, that of generation_config.json would be used.
    options["temperature"] = numbers["temperature"] if draws else 1.0
    return {
        "do_sample": draws,
        "subtalker_dosample": draws,
        "repetition_penalty": numbers["repetition_penalty"],
        **options,
        **{f"subtalker_{name}": number for name, number in options.items()},
    }


def _result(job: Job, sound: Any, rate: int) -> Synthesis:
    """The result of one row: a row that reached the cap of its own text is a runaway, even if its
    batch went on.
    """
    frames, leftover = divmod(sound.size, FRAME_SAMPLES)
    ended = frames < qwen.max_frames(job)
    # qwen-tts cuts off the recording at a fraction of the whole; rounding may leave a sample of it.
    return Synthesis(sound[leftover:], rate, StopReason.END if ended else StopReason.LENGTH)
