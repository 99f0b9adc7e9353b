"""Qwen3-TTS through mlx-audio: its four ways to speak, and where mlx-audio needs help."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from narrate.engines import qwen
from narrate.engines.base import Job, Reference, StopReason, Synthesis, Unspeakable, Unusable
from narrate.engines.mlx.models import array, line, mono
from narrate.request import Clone, Design, RequestVoice, Stock

PIECE_SECONDS = 1.0
"""How much is decoded at once in a stream: the first sound comes after so many seconds of it."""


class Qwen:
    """Qwen3-TTS: clones a recording with or without its transcript, or speaks as a stock or a
    described speaker.
    """

    def __init__(self, network: Any, folder: Path) -> None:
        self.network = network
        self.kind: str = network.config.tts_model_type
        self.languages: Sequence[str] = [
            name for name in network.get_supported_languages() if name != "auto"
        ]
        self.speakers: Sequence[str] = network.get_supported_speakers()
        self._reference: tuple[str, Any] = ("", None)
        _require_parts(network, folder)
        count_every_frame(network.speech_tokenizer)

    def shared(self, job: Job) -> Hashable:
        """Clones with a transcript are batched; mlx-audio's other batch decodes in short pieces,
        with seams.
        """
        request = job.request
        if request.seed is not None or not qwen.has_transcript(request.voice):
            return None
        return request.voice, request.language, tuple(request.sampling.items())

    def speak(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> list[Synthesis | Exception]:
        for job in jobs:
            self._refuse_marks(job.request.text)
        if len(jobs) == 1:
            return [self._alone(jobs[0], voices)]
        options = self._options(jobs[0], voices) | {"max_tokens": max(map(qwen.max_frames, jobs))}
        batch = self.network.batch_generate([line(job) for job in jobs], **options)
        found = {result.sequence_idx: result for result in batch}
        return [self._of_batch(job, found.get(place), voices) for place, job in enumerate(jobs)]

    def stream(self, job: Job, voices: Mapping[str, Reference]) -> Iterator[Synthesis]:
        """One job, piece by piece; the last piece says why it stopped."""
        self._refuse_marks(job.request.text)
        most, frames = qwen.max_frames(job), 0
        options = self._options(job, voices) | {"max_tokens": most}
        options |= {"stream": True, "streaming_interval": PIECE_SECONDS}
        for piece in self.network.generate(line(job), **options):
            frames += piece.token_count
            stop = StopReason.LENGTH if frames >= most else StopReason.END
            yield Synthesis(mono(piece.audio), piece.sample_rate, stop)
        if not frames:
            raise Unspeakable("the model ended before it said anything")

    def _alone(self, job: Job, voices: Mapping[str, Reference]) -> Synthesis | Exception:
        options = self._options(job, voices) | {"max_tokens": qwen.max_frames(job)}
        return self._result(job, next(self.network.generate(line(job), **options), None))

    def _of_batch(
        self, job: Job, result: Any, voices: Mapping[str, Reference]
    ) -> Synthesis | Exception:
        """A result of a batch; where mlx-audio's own bound cut it short, the job spoken again,
        alone.

        In a batch of clones, and only there, mlx-audio allows a text 6 frames a token, and does
        not report that it stopped there.
        """
        tokens = len(self.network.tokenizer.encode(line(job)))
        if result is not None and max(75, tokens * 6) <= result.token_count < qwen.max_frames(job):
            return self._alone(job, voices)
        return self._result(job, result)

    def _options(self, job: Job, voices: Mapping[str, Reference]) -> dict[str, Any]:
        voice = job.request.voice
        qwen.admit(voice, self.kind, self.network.config.tts_model_size, self.speakers)
        sampling = qwen.sampling(job)
        return {
            **sampling,
            "top_k": int(sampling["top_k"]),
            "lang_code": qwen.language_name(job.request.language, self.languages),
            **self._voice(voice, voices),
        }

    def _voice(self, voice: RequestVoice, voices: Mapping[str, Reference]) -> dict[str, Any]:
        match voice:
            case Design(design=description):
                return {"instruct": description}
            case Stock(instruct=instruct):
                return {"voice": qwen.speaker(voice, self.speakers), "instruct": instruct}
            case Clone(ref=digest):
                reference = voices[digest]
                transcript = reference.transcript if voice.transcript else None
                if voice.transcript and not transcript:
                    raise Unusable(
                        f"the transcript of the recording {digest} did not reach the engine"
                    )
                return {"ref_audio": self._samples(digest, reference), "ref_text": transcript}

    def _refuse_marks(self, text: str) -> None:
        """The model's own marks in a text would end the text, or begin another."""
        for mark in self.network.tokenizer.get_added_vocab():
            if mark in text:
                raise Unspeakable(f"it holds {mark}, which is a control mark of the model")

    def _samples(self, digest: str, reference: Reference) -> Any:
        """The samples of a recording for mlx-audio, which keeps the codes that it makes of them.

        It knows a recording again by the number and the sum of its samples, and two recordings can
        have both in common. So it may keep those of one voice only.
        """
        if self._reference[0] != digest:
            self.network._icl_cache.clear()
            self._reference = digest, array(reference.samples)
        return self._reference[1]

    def _result(self, job: Job, result: Any) -> Synthesis | Exception:
        """The last `token_count` frames: the first ones may hold a sample of the recording, by a
        rounding error.
        """
        if result is None:
            return Unspeakable("the model ended before it said anything")
        frames = min(result.token_count, qwen.max_frames(job))
        size = self.network.speech_tokenizer.decode_upsample_rate
        samples = mono(result.audio)[-result.token_count * size :][: frames * size]
        stop = StopReason.LENGTH if frames == qwen.max_frames(job) else StopReason.END
        return Synthesis(samples, result.sample_rate, stop)


def count_every_frame(codec: Any) -> None:
    """Mend `decode` of mlx-audio 0.6.2, which gives back fewer samples than it decodes.

    It counts the frames of which the first code is above 0, as if 0 stood for padding. But 0 is a
    code like any other, and nothing is padded here: each such frame takes 80 ms off the end and, of
    a clone, leaves as much of the recording at its start. qwen-tts counts codes above -1.
    """
    import mlx.core as mx

    decode = codec.decode

    def whole(codes: Any) -> tuple[Any, Any]:
        sound, _ = decode(codes)
        return sound, mx.full((codes.shape[0],), codes.shape[1] * codec.decode_upsample_rate)

    # Past mlx's own __setattr__, which would take a function for a parameter.
    object.__setattr__(codec, "decode", whole)


def require_files(folder: Path) -> None:
    """Refuse a Qwen3-TTS folder with a part missing: mlx-audio would load the rest, and speak
    noise.
    """
    codec = folder / "speech_tokenizer"
    tokenizer = [folder / "vocab.json", folder / "merges.txt"]
    if (folder / "tokenizer.json").exists():
        tokenizer = []
    weights = [] if any(codec.glob("*.safetensors")) else [codec / "model.safetensors"]
    missing = [path for path in (*tokenizer, codec / "config.json", *weights) if not path.exists()]
    if missing:
        names = ", ".join(map(str, missing))
        raise Unusable(f"the model lacks {names}: download it again with `narrate models pull`")


def _require_parts(network: Any, folder: Path) -> None:
    """Refuse a Qwen3-TTS model of which mlx-audio could not read a part; it only prints that."""
    codec = network.speech_tokenizer
    deaf = network.config.tts_model_type == "base" and codec is not None and not codec.has_encoder
    broken = [
        (network.tokenizer is None, "vocab.json"),
        (codec is None, "speech_tokenizer/model.safetensors"),
        (deaf, "speech_tokenizer/config.json"),
    ]
    for is_broken, name in broken:
        if is_broken:
            raise Unusable(
                f"{folder / name} cannot be read: "
                "download the model again with `narrate models pull`"
            )
