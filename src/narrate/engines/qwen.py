"""What the two Qwen3-TTS engines share. Standard library only: workers import this file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from narrate.engines.base import Job, Unusable
from narrate.request import Clone, Design, RequestVoice, Stock
from narrate.sound.pace import CHARS_PER_SECOND, frame_cap, weight

LANGUAGES = {
    "en": "english",
    "de": "german",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "ja": "japanese",
    "ko": "korean",
    "pt": "portuguese",
    "ru": "russian",
    "zh": "chinese",
}
"""Language codes and the names by which the models know them; the first is the default."""

CODES = {name: code for code, name in LANGUAGES.items()}

FRAMES_PER_SECOND = 12.5
"""Of the 12 Hz codec: a frame is 1,920 samples at 24 kHz."""

RATE = 24_000

MODELS = {
    "clone": "Base",
    "speaker": "CustomVoice",
    "design": "VoiceDesign",
}
"""Which checkpoint of a family speaks which kind of voice."""

KINDS = {"clone": "base", "speaker": "custom_voice", "design": "voice_design"}
"""The same checkpoints as their config.json calls them (tts_model_type)."""

SPEAKERS = ("ryan", "aiden", "vivian", "serena", "uncle_fu", "dylan", "eric", "ono_anna", "sohee")
"""The stock voices of the CustomVoice models; the first, an English one, is the default."""

SAMPLING = {"temperature": 0.9, "top_k": 50.0, "top_p": 1.0, "repetition_penalty": 1.05}
"""The models' own generation settings (their generation_config.json), said out loud so that both
engines agree.
"""

CLONE_REPETITION_PENALTY = 1.5
"""mlx-audio never goes below it for a voice with a transcript; both engines use it, so that they
mean the same.
"""


def language_name(language: str, supported: Iterable[str]) -> str:
    """The model's name for a language code or name. Raises Unusable with what the model lists."""
    known = {name.lower() for name in supported}
    name = LANGUAGES.get(language.split("-")[0].lower(), language.lower())
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
