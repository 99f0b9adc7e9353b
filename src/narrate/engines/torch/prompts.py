"""Voices as a Qwen3-TTS model on PyTorch hears them: computed once, and kept in a folder for the
next run.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from pathlib import Path
from typing import Any

from narrate.engines.base import Reference
from narrate.engines.torch.loading import code_version
from narrate.request import Clone, Request, canonical_json, voice_to_json

log = logging.getLogger(__name__)


class Prompts:
    """The voice prompts of one model.

    Without a folder they are kept in memory only. `dtype`, `behaviour` and `weights` tell apart
    what would be computed differently.
    """

    def __init__(self, model: Any, folder: str, dtype: str, behaviour: int, weights: str) -> None:
        self._model = model
        self._folder = Path(folder) if folder else None
        self._origin = {
            "dtype": dtype,
            "behaviour": behaviour,
            "weights": weights,
            "qwen-tts": code_version(),
        }
        self._known: dict[str, Any] = {}

    def get(self, request: Request, voice: Clone, reference: Reference) -> Any:
        """The prompt of a request's voice; without a transcript it holds the timbre of the voice
        only.
        """
        name = self._name(request, voice)
        if name not in self._known:
            transcript = reference.transcript if voice.transcript else None
            tensors = self._kept(name)
            if tensors is None:
                tensors = self._compute(reference, transcript)
                self._keep(name, tensors)
            self._known[name] = _item(tensors, transcript)
        return self._known[name]

    def _name(self, request: Request, voice: Clone) -> str:
        document = {
            "voice": voice_to_json(voice),
            "model": request.model,
            "revision": request.revision,
            **self._origin,
        }
        return hashlib.blake2b(canonical_json(document), digest_size=16).hexdigest()

    def _compute(self, reference: Reference, transcript: str | None) -> dict[str, Any]:
        [item] = self._model.create_voice_clone_prompt(
            (reference.samples, reference.rate), transcript, x_vector_only_mode=transcript is None
        )
        # A bfloat16 number is a float32 number too.
        tensors = {"speaker": item.ref_spk_embedding.float()}
        if item.ref_code is not None:
            tensors["codes"] = item.ref_code
        return {name: tensor.cpu().contiguous().clone() for name, tensor in tensors.items()}

    def _kept(self, name: str) -> dict[str, Any] | None:
        """The kept tensors of a voice; None if there are none, or if they are damaged."""
        from safetensors import SafetensorError, safe_open

        if self._folder is None:
            return None
        try:
            with safe_open(self._folder / f"{name}.safetensors", framework="pt") as file:
                tensors = {part: file.get_tensor(part) for part in file.keys()}  # noqa: SIM118
                digest = (file.metadata() or {}).get("digest")
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError) as error:
            log.warning("a kept voice prompt is damaged and is computed again: %s", error)
            return None
        if digest != _digest(tensors):
            log.warning(
                "a kept voice prompt is damaged and is computed again: its digest is another"
            )
            return None
        return tensors

    def _keep(self, name: str, tensors: dict[str, Any]) -> None:
        """Keep tensors for the next run; a folder that cannot be written costs only time."""
        from safetensors.torch import save

        if self._folder is None:
            return
        path = self._folder / f"{name}.safetensors"
        half = path.with_name(f".{name}.{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            half.write_bytes(save(tensors, {"digest": _digest(tensors)}))
            os.replace(half, path)
        except OSError as error:
            log.warning("a voice prompt cannot be kept: %s", error)
            with contextlib.suppress(OSError):
                half.unlink()


def _item(tensors: dict[str, Any], transcript: str | None) -> Any:
    from qwen_tts import VoiceClonePromptItem

    return VoiceClonePromptItem(
        ref_code=tensors.get("codes"),
        ref_spk_embedding=tensors["speaker"],
        x_vector_only_mode=transcript is None,
        icl_mode=transcript is not None,
        ref_text=transcript,
    )


def _digest(tensors: dict[str, Any]) -> str:
    """safetensors has no checksum of its own, and a flipped bit would be another voice."""
    digest = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)} ".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
