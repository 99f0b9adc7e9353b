"""Gets a Qwen3-TTS model ready for the torch engine: versions, files, device and precision."""

from __future__ import annotations

import importlib
import json
import os
import sys
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

from narrate.engines import qwen
from narrate.engines.base import ModelRef, Unusable, first_line

TRANSFORMERS = "4.57."
"""The versions that qwen-tts was written for. With 5.x it reads a voice wrong, and says nothing
(QwenLM/Qwen3-TTS#237).
"""

FORK, FORK_TRANSFORMERS = "0.1.1.post1", "5.16.1"
"""The versions of qwen-tts-hf, which is the same code for transformers 5, and of transformers that
make the same samples as qwen-tts, to the bit. With others it fails, or nobody has looked.
"""

FRAME_BYTES = 2**20
"""Device memory for a frame of one row, per byte of a number: the codec's widest layers and what
they hand on.

An estimate; where it is too low, batches are halved.
"""

FRAMES = 2048
"""The budget of a batch in frames where the device does not say how much memory is free."""


FILES = ("config.json", "generation_config.json", "vocab.json", "merges.txt", "model*.safetensors")
CODEC_FILES = ("config.json", "preprocessor_config.json", "model*.safetensors")
"""What a model must hold, and its folder speech_tokenizer; only its JSON, text
and weights are downloaded.
"""

DTYPES = ("float32", "bfloat16", "float16")


def require_versions() -> None:
    """Refuse every pair of qwen-tts and transformers but the two that are known to be right.

    Raises Unusable.
    """
    import transformers

    why = refusal(_version("qwen-tts"), _version("qwen-tts-hf"), transformers.__version__)
    if why:
        raise Unusable(why)


def refusal(original: str | None, fork: str | None, transformers: str) -> str | None:
    """Why these versions of qwen-tts, qwen-tts-hf and transformers are not used together, if they
    are not; None for a package that is not installed.
    """
    if original and fork:
        return (
            "qwen-tts and qwen-tts-hf are both installed and overwrite each other: "
            "pip uninstall one of them and install the other again"
        )
    if not fork and not transformers.startswith(TRANSFORMERS):
        return (
            f"transformers {transformers} makes wrong audio with qwen-tts and does not say so: "
            "pip install transformers==4.57.3, or `narrate engines install torch`"
        )
    if fork and (fork, transformers) != (FORK, FORK_TRANSFORMERS):
        return (
            f"qwen-tts-hf {fork} with transformers {transformers} has not been tested: "
            f"pip install qwen-tts-hf=={FORK} transformers=={FORK_TRANSFORMERS}, "
            "or `narrate engines install both`"
        )
    return None


def code_version() -> str:
    """The version of qwen-tts, or of the fork in its place."""
    return _version("qwen-tts") or version("qwen-tts-hf")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def stub_torchaudio() -> None:
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


def folder(model: ModelRef) -> Path:
    """The folder of a model, which is downloaded unless it is here. Raises Unusable.

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
        raise qwen.not_here(model, error) from error


def require_files(folder: Path) -> None:
    """Raises Unusable for a folder that holds no Qwen3-TTS model, or only a part of one."""
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
            f"the model in {folder} is incomplete, it lacks {', '.join(missing)}: download it again"
        )


def choose_device(torch: Any, wanted: str) -> str:
    """The device that is asked for, or the fastest one here. Raises Unusable."""
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    found = [name for name, is_there in there.items() if is_there]
    if wanted and wanted.partition(":")[0] not in found:
        raise Unusable(
            f"PyTorch has no device {wanted!r} on this machine; "
            f"leave it out, or choose: {', '.join(found)}"
        )
    return wanted or found[0]


def choose_dtype(wanted: str, device: str) -> str:
    """The precision that is asked for, or the one for a device. Raises Unusable."""
    if wanted and wanted not in DTYPES:
        raise Unusable(
            f"there is no dtype {wanted!r}; leave it out, or choose: {', '.join(DTYPES)}"
        )
    # On Apple's GPU such models speak noise in half precision (k2-fsa/OmniVoice#172,
    # nari-labs/dia#188).
    return wanted or ("bfloat16" if device.startswith("cuda") else "float32")


def read(torch: Any, folder: Path, device: str, dtype: str) -> Any:
    """Load the complete model in a folder. Raises Unusable."""
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
        reason = "too little memory" if is_memory_error(error) else first_line(error)
        raise Unusable(f"the model in {folder} cannot be loaded on {device} ({reason})") from error


def budget(torch: Any, device: str, dtype: str) -> float:
    """How many frames a batch may hold: as many as fit into the memory that the loaded model leaves
    free.
    """
    if not device.startswith("cuda"):
        return FRAMES
    free, _ = torch.cuda.mem_get_info(torch.device(device))
    return float(free / (FRAME_BYTES * getattr(torch, dtype).itemsize))


def is_memory_error(error: Exception) -> bool:
    """Whether an error means that memory is short: CUDA's, MPS's or the machine's."""
    words = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or "out of memory" in words
        or "can't allocate memory" in words
    )
