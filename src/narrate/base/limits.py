"""Every bound on what is read, in one place; each error that enforces one names its figure."""

from __future__ import annotations

SCRIPT_BYTES = 16 * 1024 * 1024
YAML_BYTES = 4 * 1024 * 1024
YAML_VALUES = 100_000
"""Its parser takes a second for every megabyte, or 40,000 values; JSON is read a hundred times as
fast.
"""

SETTINGS_BYTES = 1024 * 1024
"""A settings file; a long one of people is a few thousand bytes."""

MARKER_BYTES = 1024 * 1024
"""A small file of narrate's own, or of the hub's client: a marker, a voice.toml, a model's
configuration.
"""

INDEX_BYTES = 64 * 1024 * 1024
"""The index of a model's weights, or a day's uses of a cache."""

RECORD_BYTES = 256 * 1024 * 1024
"""run.json or a manifest: every text of the largest script with room for what stands beside it."""


SEGMENTS = 20_000
UTTERANCES = 50_000
SILENCE_SECONDS = 86_400.0
"""Pauses inside of segments, all together: a day."""

ID_BYTES = 100
TEXT_CHARS = 10_000
"""Characters of one segment's text."""

TRANSCRIPT_BYTES = 1024 * 1024

UTTERANCE_CHARS = 350
"""Speech models lose words and pace on long input (QwenLM/Qwen3-TTS#68); longer text is split at
sentences.
"""

PAUSE_SECONDS = 60.0
RECORDING_BYTES = 512 * 1024 * 1024
RECORDING_SECONDS = 600.0
RECORDING_CHANNELS = 8
RATES = range(8_000, 192_001)
"""Sample rates in Hz that a recording or an engine may have."""

ANSWER_BYTES = 120 * 1024 * 1024
"""Of a speech server: as 16-bit samples it fits into one frame of float32."""

ANSWERS_BYTES = 512 * 1024 * 1024
"""Of all the answers that a worker holds at once; decoded they take twice as much."""

ENTRY_BYTES = 256 * 1024 * 1024
FRAME_BYTES = 256 * 1024 * 1024
"""A frame from a worker larger than this is garbage, not audio (23 minutes of float32 at 48 kHz).
"""
