"""A Whisper checkpoint of random weights for mlx-audio: 0.6 MB, laid out as on the hub.

It hears the same four words in everything, through every real layer, the tokenizer and the
alignment of words.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from support.checkpoint import byte_letters, save

WIDTH, HEADS, MELS = 32, 1, 80
FRAMES, CONTEXT = 1500, 448
SPECIAL = (
    *("<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|translate|>", "<|transcribe|>"),
    *("<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"),
    *(f"<|{step / 50:.2f}|>" for step in range(1501)),
)
WORDS = ("Ġrow", "Ġsum", "Ġtable", "Ġcolumn")
"""What it hears; the tokenizer has these words besides all bytes. The first letter stands for a
space.
"""

Tensor = NDArray[np.float32]


def build(folder: Path, seed: int = 0) -> Path:
    """Write a checkpoint into a folder, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary, merges = _tokens()
    first = len(vocabulary)
    added = {
        str(first + number): {"content": token, "special": True, "normalized": False}
        | {"lstrip": False, "rstrip": False, "single_word": False}
        for number, token in enumerate(SPECIAL)
    }
    documents = {
        "config.json": _config(first + len(SPECIAL)),
        "preprocessor_config.json": {
            "feature_extractor_type": "WhisperFeatureExtractor",
            "processor_class": "WhisperProcessor",
            "feature_size": MELS,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "WhisperTokenizer",
            "added_tokens_decoder": added,
        },
        "vocab.json": vocabulary,
        "generation_config.json": {"alignment_heads": [[0, 0]]},
    }
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n")
    weights = _weights(first + len(SPECIAL), np.random.default_rng(seed))
    said = [vocabulary[word] for word in WORDS]
    begin, end = (first + SPECIAL.index(time) for time in ("<|0.00|>", "<|2.00|>"))
    _dictate(weights, [begin, *said, end, first])
    save(folder / "model.safetensors", weights)
    return folder


def _config(vocabulary: int) -> dict[str, object]:
    sides = {
        f"n_{side}_{name}": value
        for side in ("audio", "text")
        for name, value in (("state", WIDTH), ("head", HEADS), ("layer", 1))
    }
    sizes = {"n_mels": MELS, "n_audio_ctx": FRAMES, "n_text_ctx": CONTEXT, "n_vocab": vocabulary}
    return {"model_type": "whisper", **sides, **sizes}


def _tokens() -> tuple[dict[str, int], list[str]]:
    """The vocabulary, and the merges that make its words."""
    merges = {
        f"{word[:end]} {word[end]}": word[: end + 1]
        for word in WORDS
        for end in range(1, len(word))
    }
    tokens = dict.fromkeys([*byte_letters(), *merges.values()])
    return {token: number for number, token in enumerate(tokens)}, list(merges)


def _weights(vocabulary: int, rng: np.random.Generator) -> dict[str, Tensor]:
    shapes: dict[str, tuple[int, ...]] = {
        "encoder.conv1.weight": (WIDTH, 3, MELS),
        "encoder.conv2.weight": (WIDTH, 3, WIDTH),
        "decoder.token_embedding.weight": (vocabulary, WIDTH),
        "decoder.positional_embedding": (CONTEXT, WIDTH),
    }
    shapes |= {f"encoder.{name}.bias": (WIDTH,) for name in ("conv1", "conv2")}
    for part, attentions in (("encoder", ("attn",)), ("decoder", ("attn", "cross_attn"))):
        block = f"{part}.blocks.0"
        for attention in attentions:
            for name in ("query", "key", "value", "out"):
                shapes[f"{block}.{attention}.{name}.weight"] = (WIDTH, WIDTH)
                if name != "key":
                    shapes[f"{block}.{attention}.{name}.bias"] = (WIDTH,)
        shapes |= {f"{block}.mlp1.weight": (4 * WIDTH, WIDTH), f"{block}.mlp1.bias": (4 * WIDTH,)}
        shapes |= {f"{block}.mlp2.weight": (WIDTH, 4 * WIDTH), f"{block}.mlp2.bias": (WIDTH,)}
        last = f"{part}.ln_post" if part == "encoder" else f"{part}.ln"
        norms = [last, f"{block}.mlp_ln", *(f"{block}.{name}_ln" for name in attentions)]
        shapes |= {f"{norm}.{name}": (WIDTH,) for norm in norms for name in ("weight", "bias")}
    return {name: _tensor(name, shape, rng) for name, shape in shapes.items()}


def _tensor(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> Tensor:
    """Random numbers that keep the level from layer to layer; norms scale by one."""
    if name.endswith("bias"):
        return np.zeros(shape, np.float32)
    if name.endswith(("ln.weight", "ln_post.weight")):
        return np.ones(shape, np.float32)
    values = rng.standard_normal(shape, np.float32)
    return values / np.float32(math.sqrt(math.prod(shape[1:])) if "embedding" not in name else 4)


def _dictate(weights: dict[str, Tensor], tokens: list[int]) -> None:
    """Have the decoder write these tokens, whatever it hears: its place in the text outweighs all
    that it listens to.
    """
    embedding = weights["decoder.token_embedding.weight"]
    embedding /= np.linalg.norm(embedding, axis=1, keepdims=True)
    weights["decoder.positional_embedding"][: len(tokens)] = 20 * embedding[tokens]
    # So that one score stands out from the sum of all those of the times.
    weights["decoder.ln.weight"] *= 6
