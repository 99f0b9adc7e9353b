"""How good a clip sounds, as listeners would rate it: DNSMOS, a number and by default no gate.

The networks are those of the package speechmos 0.0.1.1 (MIT): DNSMOS after ITU-T P.835, which rates
the speech, the background and the whole, and one after P.808, which rates the whole. Only the ONNX
files are used. The package itself is not imported, as it needs librosa, numba and scipy, so it is
installed without what it depends on. It costs 0.6 × real time on one core.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from narrate.checks.mel import RATE, filterbank, power
from narrate.checks.network import session
from narrate.thresholds import Thresholds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1

PACKAGE = "speechmos"
FOLDER = "dnsmos_models"
INSTALL = "pip install --no-deps speechmos==0.0.1.1"

WINDOW = 144_160
"""Samples that the networks rate at a time: 9.01 s, every second. Less is repeated."""

BANDS, FFT, HOP = 120, 321, 160
"""The mel spectrum that the P.808 network was trained on."""

SCALES = (
    (-0.08397278, 1.22083953, 0.0052439),
    (-0.13166888, 1.60915514, -0.39604546),
    (-0.06766283, 1.11546468, 0.04602535),
)
"""From the outputs of the P.835 network to the scale from 1 to 5, for speech, background and whole:
the polynomials of DNSMOS, from the square down.
"""


class Quality(msgspec.Struct, frozen=True):
    """Ratings from 1 (bad) to 5 (excellent): of the whole, the speech and the background by P.835,
    and of the whole by P.808. Good synthetic voices reach an `overall` of 3.3 to 3.5.
    """

    version: int
    overall: float
    speech: float
    background: float
    p808: float


def find() -> Path | None:
    """The folder of the networks, if the package is installed; the package is not imported."""
    spec = find_spec(PACKAGE)
    folders = (Path(place) / FOLDER for place in (spec and spec.submodule_search_locations) or ())
    return next(filter(Path.is_dir, folders), None)


def measure(samples: NDArray[np.float32], models: Path) -> Quality | None:
    """Rate mono samples at 16 kHz with the networks of `find`; None if they are silent."""
    import numpy as np

    if not samples.any():
        return None
    rated = [_rate(window, models) for window in _windows(np.clip(samples, -1, 1))]
    speech, background, overall, p808 = (round(float(x), 2) for x in np.mean(rated, axis=0))
    return Quality(VERSION, overall, speech, background, p808)


def judge(quality: Quality, thresholds: Thresholds) -> tuple[str, ...]:
    """The reasons for refusing a clip, in words; empty if it passes or no threshold is set."""
    least = thresholds.quality
    if least is None or quality.overall >= least:
        return ()
    return (f"it sounds bad (DNSMOS {quality.overall:.2f}, at least {least:.2f})",)


def worst(quality: Quality, thresholds: Thresholds) -> float:
    """What the rating lacks of 5 as a share of what it may lack; 0 if no threshold is set."""
    least = thresholds.quality
    return 0.0 if least is None else (5 - quality.overall) / max(5 - least, 1e-9)


def _windows(samples: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """What is rated: windows of a clip that is doubled until it fills one."""
    import numpy as np

    while samples.size < WINDOW:
        samples = np.append(samples, samples)
    # As many as the package rates: it leaves out the last one where that ends with the clip.
    count = max(1, int(samples.size // RATE - WINDOW / RATE) + 1)
    return [samples[start : start + WINDOW] for start in range(0, count * RATE, RATE)]


def _rate(window: NDArray[np.float32], models: Path) -> list[float]:
    """Speech, background and whole by P.835, and the whole by P.808."""
    import numpy as np

    [raw] = session(models / "sig_bak_ovr.onnx").run(None, {"input_1": window[None]})[0]
    [[p808]] = session(models / "model_v8.onnx").run(None, {"input_1": _spectrum(window)})[0]
    scaled = [np.polyval(scale, value) for scale, value in zip(SCALES, raw, strict=True)]
    return [*map(float, scaled), float(p808)]


def _spectrum(window: NDArray[np.float32]) -> NDArray[np.float32]:
    """The level of each frame in each band: 1 at the loudest, and 0 at 40 dB below it."""
    import numpy as np

    padded = np.pad(window[:-HOP], FFT // 2)
    shape = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP]
    energy = np.maximum(power(frames * shape.astype(np.float32), filterbank(BANDS, FFT)), 1e-10)
    level = 10 * np.log10(energy / energy.max())
    scaled: NDArray[np.float32] = ((np.maximum(level, -80) + 40) / 40).astype(np.float32)
    return scaled[None]
