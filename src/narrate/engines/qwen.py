"""What the two Qwen3-TTS engines share. Standard library only: workers import this file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from narrate.engines.base import Job, Unusable
from narrate.pace import frame_cap

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

SAMPLING = {"temperature": 0.9, "top_k": 50.0, "top_p": 1.0, "repetition_penalty": 1.05}
"""The models' own generation settings (their generation_config.json), said out loud so that both engines agree."""

CLONE_REPETITION_PENALTY = 1.5
"""mlx-audio never goes below it for a voice with a transcript; both engines use it, so that they mean the same."""


def language_name(language: str, supported: Iterable[str]) -> str:
    """The model's name for a language code or name. Raises Unusable with what the model lists."""
    known = {name.lower() for name in supported}
    name = LANGUAGES.get(language.split("-")[0].lower(), language.lower())
    if name not in known:
        raise Unusable(f"the model does not speak {language!r}; it speaks: {', '.join(sorted(known - {'auto'}))}")
    return name


def kind(voice: Mapping[str, str]) -> str:
    """The kind of a request's voice: "clone", "speaker" or "design"."""
    return "clone" if "ref" in voice else "design" if "design" in voice else "speaker"


def sampling(job: Job) -> dict[str, float]:
    """The sampling of a job, every number of it; a temperature of 0 is greedy."""
    chosen = dict(SAMPLING)
    if "transcript" in job.request.voice:
        chosen["repetition_penalty"] = CLONE_REPETITION_PENALTY
    return chosen | {name: float(value) for name, value in job.request.sampling.items()}


def max_frames(job: Job) -> int:
    """How many codec frames a job may take: more than any honest reading of its text."""
    return frame_cap(job.request.text, FRAMES_PER_SECOND)
