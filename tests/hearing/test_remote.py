"""Recognizers in the mlx environment: Whisper with a tiny checkpoint through the real library; the
others by a fake of their interface, whose parameters are those of the real ones.
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from narrate.checks.recognizer import Hearing, Word
from narrate.engines.base import ModelRef, Unusable
from narrate.engines.mlx.hearing import Engine
from narrate.errors import EnvironmentProblem
from narrate.hearing.remote import Remote
from support.engine_driver import OPENBLAS, environment
from support.processes import alive
from support.qwen import python_of
from support.whisper import build

VOICE = Path(__file__).parents[2] / "examples" / "voice_ref" / "ref.wav"
SECOND = np.zeros(16_000, np.float32)
SAID = ["row", "sum", "table", "column"]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("whisper"))


def test_whisper_is_heard_through_the_real_library(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if OPENBLAS.exists():
        monkeypatch.setenv("LD_PRELOAD", str(OPENBLAS))
    hearing: Hearing = Remote(str(checkpoint), str(python_of("mlx")))
    clip, _ = soundfile.read(VOICE, dtype="float32")
    try:
        first, again = hearing.listen(clip, "en"), hearing.listen(clip)
    finally:
        hearing.close()
    assert [word.text for word in first.words] == SAID
    assert (first.text, first.language, first.timed) == (" ".join(SAID), "en", True)
    times = [time for word in first.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= clip.size / 16_000
    assert again == first


@pytest.mark.parametrize("part", ["vocab.json", "config.json"])
def test_a_model_without_a_part_is_an_environment_problem(part: str, tmp_path: Path) -> None:
    (build(tmp_path) / part).unlink()
    hearing = Remote(str(tmp_path), str(python_of("mlx")))
    with pytest.raises(EnvironmentProblem, match=f"speech recognition with {tmp_path}") as caught:
        hearing.listen(SECOND, "en")
    assert "NARRATE_ASR_MODEL" in caught.value.hint


# Fakes. Each takes what its model takes; `asked` holds what it got.


class Model:
    generate: Callable[..., Any]

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.frames = 0

    def note(self, audio: str, **asked: Any) -> None:
        self.asked = asked
        with wave.open(audio) as file:
            assert (file.getnchannels(), file.getframerate()) == (1, 16_000)
            self.frames = file.getnframes()


def token(text: str, start: float) -> SimpleNamespace:
    return SimpleNamespace(text=text, start=start, end=start + 0.1)


class Parakeet(Model):
    def generate(
        self,
        audio: str,
        *,
        dtype: Any = None,
        chunk_duration: float | None = None,
        overlap_duration: float | None = None,
        chunk_callback: Any = None,
        stream: bool = False,
        **kwargs: Any,
    ) -> Any:
        self.note(audio, **kwargs)
        tokens = [token(" He", 0.1), token("llo", 0.2), token(".", 0.3), token(" World", 0.5)]
        return SimpleNamespace(text=" Hello. World", sentences=[SimpleNamespace(tokens=tokens)])


class Qwen3ASR(Model):
    config = SimpleNamespace(support_languages=["Chinese", "English"])

    def generate(
        self,
        audio: str,
        *,
        max_tokens: int = 8192,
        batch_size: int = 1,
        temperature: float = 0.0,
        top_p: float = 1.0,
        top_k: int = 0,
        min_p: float = 0.0,
        min_tokens_to_keep: int = 1,
        repetition_penalty: float | None = None,
        repetition_context_size: int = 100,
        language: str | None = None,
        prefill_step_size: int = 2048,
        chunk_duration: float = 1200.0,
        min_chunk_duration: float = 1.0,
        verbose: bool = False,
        stream: bool = False,
        system_prompt: str | None = None,
        hotwords: list[str] | None = None,
        **kwargs: Any,
    ) -> Any:
        self.note(audio, language=language, max_tokens=max_tokens)
        segment = {"text": "Hello world.", "start": 0.0, "end": 1.0, "language": "English"}
        return SimpleNamespace(text="Hello  world.", segments=[segment], language=["English"])


class Voxtral(Model):
    def generate(
        self,
        audio: str,
        *,
        message: Any = None,
        max_tokens: int = 128,
        temperature: float = 0.0,
        top_p: float = 0.95,
        top_k: int = 0,
        min_p: float = 0.0,
        min_tokens_to_keep: int = 1,
        language: str = "en",
        verbose: bool = False,
        generation_stream: bool = False,
    ) -> Any:
        self.note(audio, language=language, max_tokens=max_tokens)
        return SimpleNamespace(text=" Hello world.", segments=None, language=None)


class GLMASR(Model):
    def generate(
        self,
        audio: str,
        *,
        max_tokens: int = 128,
        temperature: float = 0.0,
        top_p: float = 0.95,
        top_k: int = 0,
        min_p: float = 0.0,
        min_tokens_to_keep: int = 1,
        generation_stream: Any = None,
        verbose: bool = False,
        stream: bool = False,
        chunk_duration: float = 30.0,
        min_chunk_duration: float = 1.0,
        **kwargs: Any,
    ) -> Any:
        self.note(audio, max_tokens=max_tokens, **kwargs)
        segment = {"text": " Hello world.", "start": 0.0, "end": 1.0}
        return SimpleNamespace(text=" Hello world.", segments=[segment], language=None)


FAKES = {
    "parakeet.parakeet.ParakeetTDT": Parakeet,
    "qwen3_asr.Qwen3ASRModel": Qwen3ASR,
    "voxtral.Model": Voxtral,
    "glmasr.Model": GLMASR,
}

SIGNATURES = """
import importlib, inspect, json, sys
for path in sys.argv[1:]:
    module, _, name = path.rpartition(".")
    model = getattr(importlib.import_module(f"mlx_audio.stt.models.{module}"), name)
    print(json.dumps(list(inspect.signature(model.generate).parameters)))
"""


def test_the_fakes_take_what_the_real_models_take() -> None:
    done = subprocess.run(
        [python_of("mlx"), "-c", SIGNATURES, *FAKES],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    real = [json.loads(line) for line in done.stdout.splitlines()]
    assert real == [list(inspect.signature(fake.generate).parameters) for fake in FAKES.values()]


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Engine]:
    """The engine with a model that mlx-audio would have loaded."""

    def load(model: Any) -> Engine:
        library = ModuleType("mlx_audio.stt")
        library.load = lambda name: model  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "mlx_audio", ModuleType("mlx_audio"))
        monkeypatch.setitem(sys.modules, "mlx_audio.stt", library)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        engine = Engine()
        engine.load(ModelRef("anywhere"))
        return engine

    return load


@pytest.mark.parametrize(
    ("fake", "language", "asked", "words"),
    [
        (Parakeet, "en", {}, [("Hello.", 0.1, 0.4), ("World", 0.5, 0.6)]),
        (Qwen3ASR, "en", {"language": "English", "max_tokens": 125}, []),
        (Qwen3ASR, "sv", {"language": None, "max_tokens": 125}, []),
        (Voxtral, "de", {"language": "de", "max_tokens": 125}, []),
        (GLMASR, "en", {"max_tokens": 125}, []),
    ],
)
def test_every_model_gets_what_it_takes(
    fake: Callable[[], Any],
    language: str,
    asked: dict[str, Any],
    words: list[tuple[str, float, float]],
    loaded: Callable[[Any], Engine],
) -> None:
    model = fake()
    heard = loaded(model).hear(SECOND, language)
    assert (model.asked, model.frames) == (asked, SECOND.size)
    assert heard["text"].replace(".", "").lower() == "hello world"
    assert heard["words"] == words
    assert heard["language"] == ("en" if fake is Qwen3ASR else language)


def test_no_bound_is_below_what_a_long_clip_needs(loaded: Callable[[Any], Engine]) -> None:
    model = GLMASR()
    loaded(model).hear(np.zeros(90 * 16_000, np.float32), "en")
    assert model.asked["max_tokens"] > 90 * 12.5


def test_a_model_without_its_tokenizer_is_refused(loaded: Callable[[Any], Engine]) -> None:
    model = Parakeet()
    model._processor = None  # type: ignore[attr-defined]
    with pytest.raises(Unusable, match="tokenizer"):
        loaded(model)


# Workers that misbehave

EAR = """
import os, time
from narrate.engines.tone import CAPABILITIES
class Engine:
    def load(self, model):
        self.calls = 0
        if model.name == "cannot":
            raise ValueError("weights are missing")
        if model.name == "dies early":
            os._exit(3)
    def hear(self, samples, language):
        self.calls += 1
        if samples[0] == 1:
            os._exit(9)
        if samples[0] == 2:
            time.sleep(60)
        if samples[0] == 3:
            return {"text": "no words"}
        if samples[0] == 4:
            raise RuntimeError("out of memory")
        return {"text": f"call {self.calls}", "language": language or "xx", "words": []}
"""


@pytest.fixture
def ear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Remote]:
    (tmp_path / "fake_ear.py").write_text(EAR)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def make(folder: str = "model", first_seconds: float = 30.0) -> Remote:
        return Remote(folder, sys.executable, "fake_ear", first_seconds)

    return make


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (1, r"the worker died \(exit code 9\)"),
        (2, "no answer within 2 s"),
        (3, "the worker wrote garbage"),
        (4, "RuntimeError: out of memory"),
    ],
)
def test_a_recognizer_that_fails_is_an_error_and_hears_the_next_clip(
    kind: int, reason: str, ear: Callable[..., Remote]
) -> None:
    remote = ear(first_seconds=2.0 if kind == 2 else 30.0)
    try:
        with pytest.raises(EnvironmentProblem, match=reason) as caught:
            remote.listen(np.full(1, kind, np.float32))
        assert "narrate doctor" in caught.value.hint
        heard = remote.listen(np.zeros(1, np.float32), "en")
    finally:
        remote.close()
    assert heard.text == f"call {2 if kind == 4 else 1}"
    assert (heard.words, heard.timed) == ((Word("call", 0, 0), Word(heard.text[5:], 0, 0)), False)


@pytest.mark.parametrize(
    ("folder", "reason"), [("cannot", "weights are missing"), ("dies early", "exit code 3")]
)
def test_a_model_that_cannot_be_loaded_is_an_error(
    folder: str, reason: str, ear: Callable[..., Remote]
) -> None:
    with pytest.raises(EnvironmentProblem, match=reason):
        ear(folder).listen(SECOND)


def test_closing_ends_the_worker(ear: Callable[..., Remote]) -> None:
    remote = ear()
    remote.listen(SECOND)
    assert remote._worker is not None
    pid = remote._worker._process._popen.pid
    remote.close()
    remote.close()
    assert not alive(pid)
