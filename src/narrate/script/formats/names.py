"""The formats of scripts."""

from __future__ import annotations

FORMATS = {
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".md": "md",
    ".markdown": "md",
    ".txt": "txt",
    ".srt": "srt",
    ".vtt": "vtt",
}
"""The formats of scripts by the suffixes of files."""

NAMES = {
    "json": "JSON",
    "yaml": "YAML",
    "md": "Markdown",
    "txt": "plain text",
    "srt": "SRT",
    "vtt": "WebVTT",
}
"""The formats as they are named in sentences."""
