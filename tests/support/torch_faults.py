"""What goes wrong around the torch engine, for engine_driver.py: each function breaks qwen-tts in
one way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

WIDEST = 2


@contextmanager
def deaf() -> Iterator[None]:
    """A model that cannot listen: whoever clones has the voice prompt from elsewhere."""
    with _replaced(
        "create_voice_clone_prompt",
        lambda known: _fail(AssertionError("the voice is computed anew")),
    ):
        yield


@contextmanager
def crowded() -> Iterator[None]:
    """A GPU whose memory holds two rows."""
    import torch

    def speak(known: Callable[..., Any]) -> Callable[..., Any]:
        def limited(model: Any, text: list[str], **options: Any) -> Any:
            if len(text) > WIDEST:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
            return known(model, text=text, **options)

        return limited

    with _replaced("generate_voice_clone", speak):
        yield


@contextmanager
def full() -> Iterator[None]:
    """A machine without any memory left."""
    error = RuntimeError(
        "[enforce fail at alloc_cpu.cpp:119] . DefaultCPUAllocator: can't allocate memory"
    )
    with _replaced("generate_voice_clone", lambda known: _fail(error)):
        yield


@contextmanager
def picky() -> Iterator[None]:
    """A model that breaks over one text, and takes with it whatever it is spoken together with."""

    def speak(known: Callable[..., Any]) -> Callable[..., Any]:
        def choosy(model: Any, text: list[str], **options: Any) -> Any:
            if "Break." in text:
                raise IndexError("index out of range in self")
            return known(model, text=text, **options)

        return choosy

    with _replaced("generate_voice_clone", speak):
        yield


@contextmanager
def lost() -> Iterator[None]:
    """A GPU that has stopped answering."""
    error = RuntimeError("CUDA error: device-side assert triggered")
    with _replaced("generate_voice_clone", lambda known: _fail(error)):
        yield


@contextmanager
def newer() -> Iterator[None]:
    """A transformers that qwen-tts was not written for."""
    import transformers

    known, transformers.__version__ = transformers.__version__, "5.23.0"
    try:
        yield
    finally:
        transformers.__version__ = known


@contextmanager
def _replaced(
    method: str, change: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Iterator[None]:
    from narrate.engines.torch import loading

    # What stands in for torchaudio must be there before qwen-tts is imported.
    loading.stub_torchaudio()
    from qwen_tts import Qwen3TTSModel

    known = getattr(Qwen3TTSModel, method)
    setattr(Qwen3TTSModel, method, change(known))
    try:
        yield
    finally:
        setattr(Qwen3TTSModel, method, known)


def _fail(error: BaseException) -> Callable[..., Any]:
    def fail(*values: Any, **options: Any) -> Any:
        raise error

    return fail
