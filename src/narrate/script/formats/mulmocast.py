"""MulmoCast scripts -> the tree of a script: each beat with a text is a segment.

See https://github.com/receptron/mulmocast-cli for the format.
"""

from __future__ import annotations

from narrate.base.text import quoted
from narrate.script import ids
from narrate.script.formats.parsed import Parsed
from narrate.script.model import Note, Omission

MARK = "$mulmocast"
"""The key that such a script has."""

_OURS = {"title": "title", "lang": "language", "voices": "voices"}
"""What is taken over from the script, by its name there."""


def read_mulmocast(tree: dict[str, object], name: str) -> Parsed:
    """The tree of a MulmoCast script, of which only what is said is taken over."""
    segments: list[dict[str, object]] = []
    head = {ours: tree[theirs] for theirs, ours in _OURS.items() if theirs in tree}
    parsed = Parsed({**head, "segments": segments})
    what = "read as MulmoCast: its title, language, voices and the texts of its beats, nothing else"
    parsed.notes.append(Note(name, what))
    beats = tree.get("beats")
    speakers: set[str] = set()
    for i, beat in enumerate(beats if isinstance(beats, list) else []):
        place = f"{name}: $.beats[{i}]"
        if isinstance(beat, dict) and not _is_silent(beat):
            parsed.lines[f"$.segments[{len(segments)}]"] = place
            segments.append(_segment(beat, tree.get("voices")))
            if "voice" not in segments[-1] and isinstance(beat.get("speaker"), str):
                speakers.add(beat["speaker"])
        else:
            parsed.omissions.append(Omission(place, "beat without text", ""))
    parsed.notes += [
        Note(name, f"no voice is named {quoted(speaker)}, so the default voice speaks its beats")
        for speaker in sorted(speakers)
    ]
    return parsed


def _is_silent(beat: dict[str, object]) -> bool:
    text = beat.get("text", "")
    return text is None or (isinstance(text, str) and not text.strip())


def _segment(beat: dict[str, object], voices: object) -> dict[str, object]:
    """What a beat says, its id, and its speaker if a voice has that name."""
    segment: dict[str, object] = {"text": beat["text"]}
    if isinstance(written := beat.get("id"), str):
        valid = ids.problem(written) is None
        segment["id"] = written if valid else ids.from_name(written, "beat")
    speaker = beat.get("speaker")
    if isinstance(voices, dict) and isinstance(speaker, str) and speaker in voices:
        segment["voice"] = speaker
    return segment
