"""All limits on input, in one place; the error for exceeding a limit names its value."""

from __future__ import annotations

SCRIPT_BYTES = 16 * 1024 * 1024
MARKDOWN_BYTES = 4 * 1024 * 1024
"""The Markdown parser takes some seconds for each megabyte; this is days of speech."""

MARKDOWN_SIGNS = 200_000
"""Parsing takes up to 18 microseconds for each, so that this many take about four seconds."""

YAML_BYTES = 4 * 1024 * 1024
YAML_VALUES = 100_000
"""The YAML parser takes a second for each megabyte, or for 40,000 values; JSON is read a hundred
times as fast.
"""

SETTINGS_BYTES = 1024 * 1024
"""Of a settings file; a long one that a person wrote has a few thousand bytes."""

MARKER_BYTES = 1024 * 1024
"""Of a small file that narrate or the hub's client wrote: a marker, a voice.toml, the
configuration of a model.
"""

INDEX_BYTES = 64 * 1024 * 1024
"""Of the index of a model's weights, or of the usage of a cache on one day."""

RECORD_BYTES = 256 * 1024 * 1024
"""Of run.json or a manifest, with room for every text of the largest script."""

SEGMENTS = 20_000
UTTERANCES = 50_000
SILENCE_SECONDS = 86_400.0
"""Of all the pauses inside segments together: a day."""

LOCK_BYTES = 64 * 1024 * 1024
"""Of a narrate.lock: some 300 bytes and the text for each utterance."""

ID_BYTES = 100
TEXT_CHARS = 1_000_000
"""Characters in the text of one segment, which is many utterances then."""

TRANSCRIPT_BYTES = 1024 * 1024
TRANSCRIPT_CHARS = 10_000

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
"""Of one answer of a speech server: its 16-bit samples fit into one frame of float32."""

ANSWERS_BYTES = 512 * 1024 * 1024
"""Of all answers that a worker holds at once; they take twice as much memory once decoded."""

ENTRY_BYTES = 256 * 1024 * 1024
FRAME_BYTES = 256 * 1024 * 1024
"""Of a frame from a worker: 23 minutes of float32 at 48 kHz. A larger one is not audio."""
