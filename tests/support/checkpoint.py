"""A Qwen3-TTS checkpoint of random weights: 4 MB, laid out as on the hub, loaded by qwen-tts and by
mlx-audio.

Run as `python tests/checkpoint.py FOLDER --kind base`. It needs numpy only. What it speaks is
noise, but through every real layer: the byte-level tokenizer, the talker, its code predictor, the
speaker encoder and the 12 Hz codec.

checkpoint.json holds its configuration files, shapes.json the name and shape of every tensor. What
is easily broken:

- Both libraries never choose the last 1,024 tokens of the talker, except the end: it has 64 codes
and those. - mlx-audio guesses from shapes whether a convolution is stored as PyTorch or as MLX
stores it, so a convolution over
  one sample has more than 64 channels, and every other one at least as many channels as it is wide.
- The codec does its 1,920-fold upsampling in thin layers: a real decoder block takes minutes on a
CPU.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[np.float32]

KINDS = ("base", "custom_voice", "voice_design")
HERE = Path(__file__).parent
WORD = "assistant"
"""The one word of the tokenizer: both libraries cut the frame around a text by counting tokens,
three and five.
"""


def build(
    folder: Path,
    kind: str = "base",
    seed: int = 0,
    gain: float = 3.0,
    eos_bias: float = 0.0,
    size: str = "1b7",
) -> Path:
    """Write a checkpoint of one kind into a folder, and return the folder.

    `gain` scales the codec's last layer: 3 is ordinary loudness, 0 digital silence. `eos_bias` is a
    constant score for the end of speech: with 1.5 it comes after two or three frames, with less
    than 0 never; with 0 there is none, and the end comes by chance. `size` is only a name, but
    qwen-tts follows no instruct for "0b6".
    """
    documents = json.loads((HERE / "checkpoint.json").read_text())
    _configure(documents["config.json"], kind, size)
    tensors = _tensors(documents["config.json"], np.random.default_rng(seed))
    tensors["codec"]["decoder.decoder.2.conv.weight"] *= np.float32(gain)
    if eos_bias:
        _end_sometimes(
            tensors["model"],
            documents["config.json"]["talker_config"]["codec_eos_token_id"],
            eos_bias,
        )
    (folder / "speech_tokenizer").mkdir(parents=True, exist_ok=True)
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document, indent=1))
    _write_tokenizer(folder)
    save(folder / "model.safetensors", tensors["model"])
    save(folder / "speech_tokenizer" / "model.safetensors", tensors["codec"])
    return folder


def _configure(config: dict[str, Any], kind: str, size: str) -> None:
    config |= {"tts_model_type": kind, "tts_model_size": size}
    if kind != "base":
        del config["speaker_encoder_config"]
    if kind != "custom_voice":
        config["talker_config"] |= {"spk_id": {}, "spk_is_dialect": {}}


def _tensors(config: dict[str, Any], rng: np.random.Generator) -> dict[str, dict[str, Tensor]]:
    """The tensors of both files by name; only a model that clones hears speakers."""
    shapes: dict[str, dict[str, list[int]]] = json.loads((HERE / "shapes.json").read_text())
    left_out = () if "speaker_encoder_config" in config else ("speaker_encoder.",)
    return {
        part: {
            name: _tensor(name, names[name], rng)
            for name in sorted(names)
            if not name.startswith(left_out)
        }
        for part, names in shapes.items()
    }


def _tensor(name: str, shape: list[int], rng: np.random.Generator) -> Tensor:
    """Random numbers that keep the signal's level from layer to layer; what only scales or shifts
    does nothing.
    """
    last = name.rsplit(".", 1)[-1]
    if last in ("cluster_usage", "initialized") or ("norm" in name and last == "weight"):
        return np.ones(shape, np.float32)
    if last in ("alpha", "beta", "bias"):
        return np.zeros(shape, np.float32)
    if last in ("scale", "gamma"):
        return np.full(shape, 0.01 if last == "scale" else 1e-6, np.float32)
    values = rng.standard_normal(shape, np.float32)
    if "embedding" in name or last == "embed_sum":
        return values
    # Scores far apart, so that greedy decoding chooses the same codes on every machine.
    peak = 4.0 if name == "talker.codec_head.weight" else 1.0
    return values * np.float32(peak / math.sqrt(max(1, math.prod(shape[1:]))))


def _end_sometimes(model: dict[str, Tensor], end: int, bias: float) -> None:
    """Give the end of speech a constant score, which is the best one whenever those of the codes
    are low.
    """
    model["talker.model.codec_embedding.weight"][:, 0] = 40
    model["talker.codec_head.weight"][:, 0] = 0
    model["talker.codec_head.weight"][end, 0] = bias


def save(path: Path, tensors: dict[str, Tensor]) -> None:
    """Write a safetensors file: the length of a JSON header, the header, the numbers."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, tensor in tensors.items():
        start, end = end, end + tensor.nbytes
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": (start, end)}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    numbers = b"".join(tensor.astype("<f4").tobytes() for tensor in tensors.values())
    path.write_bytes(len(text).to_bytes(8, "little") + text + numbers)


def _write_tokenizer(folder: Path) -> None:
    """Write a byte-level BPE that knows all bytes, and one word built letter by letter."""
    merges = [(WORD[:end], WORD[end]) for end in range(1, len(WORD))]
    vocabulary = {
        token: number for number, token in enumerate([*byte_letters(), *map("".join, merges)])
    }
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    lines = ["#version: 0.2", *map(" ".join, merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n")


def byte_letters() -> list[str]:
    """The visible letter that byte-level BPE writes for each byte: its own, or one above U+0100."""
    visible = {
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    }
    hidden = [byte for byte in range(256) if byte not in visible]
    return [chr(byte if byte in visible else 256 + hidden.index(byte)) for byte in range(256)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Write a tiny Qwen3-TTS checkpoint of random weights."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", choices=KINDS, default="base")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gain", type=float, default=3.0)
    parser.add_argument("--eos-bias", type=float, default=0.0)
    parser.add_argument("--size", choices=("0b6", "1b7"), default="1b7")
    print(build(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
