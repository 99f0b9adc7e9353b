"""What the two Qwen3-TTS engines share. Standard library only: workers import this file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from narrate.base import languages
from narrate.base.files import regular
from narrate.base.limits import MARKER_BYTES
from narrate.engines.base import Job, ModelRef, Unusable, first_line
from narrate.request import Clone, Design, RequestVoice, Stock
from narrate.sound.pace import CHARS_PER_SECOND, frame_cap, weight

FRAMES_PER_SECOND = 12.5
"""Of the 12 Hz codec: a frame is 1,920 samples at 24 kHz."""

RATE = 24_000

MODELS = {
    "clone": "Base",
    "speaker": "CustomVoice",
    "design": "VoiceDesign",
}
"""Which checkpoint of a family speaks which kind of voice."""

SIZES = {"draft": "0.6B", "final": "1.7B"}
"""The size of the models of a profile; there is no small one that makes up voices."""

KINDS = {"clone": "base", "speaker": "custom_voice", "design": "voice_design"}
"""The same checkpoints as their config.json calls them (tts_model_type)."""

SPEAKERS = ("ryan", "aiden", "vivian", "serena", "uncle_fu", "dylan", "eric", "ono_anna", "sohee")
"""The stock voices of the CustomVoice models; the first, an English one, is the default."""

SAMPLING = {"temperature": 0.9, "top_k": 50.0, "top_p": 1.0, "repetition_penalty": 1.05}
"""The models' own generation settings (their generation_config.json), stated here so that both
engines use the same.
"""

CLONE_REPETITION_PENALTY = 1.5
"""For a voice with a transcript mlx-audio never goes below it; torch uses it too, so that both
engines mean the same.
"""


def model_table(hub_id: Callable[[str, str], str]) -> dict[str, dict[str, str]]:
    """The model for each profile and kind of voice.

    `hub_id` makes an id from a size and a checkpoint. The default voice is that of a stock speaker.
    """
    table: dict[str, dict[str, str]] = {}
    for profile, size in SIZES.items():
        names = {kind: hub_id(size, checkpoint) for kind, checkpoint in MODELS.items()}
        names["design"] = hub_id(SIZES["final"], MODELS["design"])
        table[profile] = {**names, "default": names["speaker"]}
    return table


def is_qwen(model: ModelRef) -> bool:
    """Whether a model is one of Qwen3-TTS: by its config.json, or by its name before it is here."""
    try:
        config = json.loads(regular.read(Path(model.name) / "config.json", MARKER_BYTES))
    except (OSError, ValueError):
        return "qwen3-tts" in model.name.lower()
    return isinstance(config, dict) and config.get("model_type") == "qwen3_tts"


def not_here(model: ModelRef, error: Exception) -> Unusable:
    """The error for a model that is not on this machine and cannot be downloaded."""
    return Unusable(
        f"the model {model.name} is not on this machine and cannot be downloaded "
        f"({first_line(error)}): try `narrate models pull {model.name}` with a network"
    )


def language_name(language: str, supported: Iterable[str]) -> str:
    """The model's name for a language code or name. Raises Unusable with what the model lists."""
    known = {name.lower() for name in supported}
    name = languages.NAMES.get(language.split("-")[0].lower(), language.lower())
    if name not in known:
        spoken = ", ".join(sorted(known - {"auto"}))
        raise Unusable(f"the model does not speak {language!r}; it speaks: {spoken}")
    return name


def admit(voice: RequestVoice, model_kind: str, size: str, speakers: Sequence[str]) -> None:
    """Raises Unusable unless a model of that kind and size ("1b7", "0b6") speaks the voice of a
    request.
    """
    wanted = voice.kind
    if KINDS[wanted] != model_kind:
        have = {name: MODELS[each] for each, name in KINDS.items()}.get(model_kind, model_kind)
        does = f"a {MODELS[wanted]} model does: choose one with --model"
        raise Unusable(f"a {have} model does not speak a voice of the kind {wanted!r}; {does}")
    known = {name.lower() for name in speakers}
    match voice:
        case Stock(speaker=str(name)) if name.lower() not in known:
            raise Unusable(
                f"the model has no speaker {name!r}; it has: {', '.join(sorted(speakers))}"
            )
        case Stock(instruct=str()) | Design(instruct=str()) if size == "0b6":
            raise Unusable(
                "the 0.6B models follow no instruct; a 1.7B CustomVoice model does:"
                " choose one with --model"
            )


def speaker(voice: Stock, speakers: Sequence[str]) -> str:
    """The stock speaker of a voice; if it names none, the default one or else the model's first."""
    return voice.speaker or next((name for name in SPEAKERS if name in speakers), speakers[0])


def has_transcript(voice: RequestVoice) -> bool:
    """Whether a voice is cloned from a recording with its transcript."""
    return isinstance(voice, Clone) and voice.transcript is not None


def sampling(job: Job) -> dict[str, float]:
    """The sampling of a job, every number of it; a temperature of 0 is greedy. Raises Unusable for
    other names.
    """
    if unknown := set(job.request.sampling) - set(SAMPLING):
        raise Unusable(f"Qwen3-TTS has no sampling.{min(unknown)}; it has: {', '.join(SAMPLING)}")
    chosen = dict(SAMPLING)
    if has_transcript(job.request.voice):
        chosen["repetition_penalty"] = CLONE_REPETITION_PENALTY
    return chosen | {name: float(value) for name, value in job.request.sampling.items()}


def max_frames(job: Job) -> int:
    """How many codec frames a job may take: more than any honest reading of its text."""
    return frame_cap(job.request.text, FRAMES_PER_SECOND)


def likely_frames(job: Job) -> float:
    """How many codec frames a job takes at the pace of ordinary narration."""
    return weight(job.request.text) / CHARS_PER_SECOND * FRAMES_PER_SECOND
