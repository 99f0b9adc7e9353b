"""Structural checks: is a clip speech, whole, of the right length, and as its voice always is?

A clip is measured once and judged whenever it is used. The measurements are stored with it, so a
strict run can refuse a clip that a run with `--qa off` accepted. Measuring costs less than 0.01 ×
real time on one core.
"""

from narrate.checks.structure.judging import judge, judge_recording
from narrate.checks.structure.measures import (
    CLIPPED_SHARE,
    SILENT_PEAK,
    SILENT_SHARE,
    VERSION,
    Measures,
    broken,
    measure,
    measure_recording,
)

__all__ = [
    "CLIPPED_SHARE",
    "SILENT_PEAK",
    "SILENT_SHARE",
    "VERSION",
    "Measures",
    "broken",
    "judge",
    "judge_recording",
    "measure",
    "measure_recording",
]
