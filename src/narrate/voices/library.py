"""The folder of voices: each is ref.wav, ref.txt and voice.toml, and perhaps test.wav, the first
line that it said.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from narrate.base.files import regular
from narrate.base.limits import MARKER_BYTES, RECORDING_BYTES
from narrate.errors import EnvironmentProblem, UsageError
from narrate.script import ids
from narrate.sound import audio, wav
from narrate.voices.clone import Audit

DATA = "voice.toml"
TEST = "test.wav"
VOICE = ("ref.wav", "ref.txt", DATA, TEST)
FIELDS = ("name", "source", "consent", "language", "verdict")
TABLES = ("made_from", "measures")
"""What voice.toml holds."""


def store(
    audited: Audit, name: str, voices: Path, about: Mapping[str, str], force: bool = False
) -> Path:
    """Write a voice into the folder `name` of `voices`, and return that folder.

    `about` is what voice.toml says of it besides: source, consent; what is empty keeps what is
    written there already. Raises UsageError for a name that is not a plain name or leads elsewhere,
    for a folder whose files the voice was read from and, without `force`, for one that holds
    another voice, a file of such a name, or a voice.toml that was edited; and EnvironmentProblem.
    """
    check_name(name)
    folder = voices / name
    if folder.is_symlink():
        hint = "remove the link, or choose another --name"
        raise UsageError(
            "it is a link, and nothing is written through it", where=str(folder), hint=hint
        )
    sound = _sound(audited)
    before = {
        file: regular.read(folder / file, RECORDING_BYTES)
        for file in sound
        if (folder / file).is_file()
    }
    same = before == sound
    if not force:
        _refuse_to_replace(folder, same)
    known = _known(folder / DATA) if same else {}
    data = _data(audited, name, {key: value or known.get(key, "") for key, value in about.items()})
    files = {DATA: data} if same else {DATA: data, **sound}
    _check_inputs(folder, (*files, TEST), audited.files)
    try:
        _write(folder, files)
    except OSError as error:
        raise EnvironmentProblem(
            f"the voice cannot be written ({error.strerror})",
            where=str(error.filename or folder),
            hint="choose another folder with -o DIR",
        ) from error
    return folder


def _refuse_to_replace(folder: Path, same: bool) -> None:
    """Refuse to replace another voice, and what somebody wrote into the same one. Raises
    UsageError.
    """
    if not same and any(os.path.lexists(folder / file) for file in VOICE):
        what = "there is another voice of that name"
        hint = "choose another --name, or replace it with --force"
        raise UsageError(what, where=str(folder), hint=hint)
    if same and _is_edited(folder / DATA):
        hint = "choose another --name, or replace the file with --force"
        raise UsageError("it was edited by hand", where=str(folder / DATA), hint=hint)


def _check_inputs(folder: Path, names: Iterable[str], inputs: Iterable[Path]) -> None:
    """Refuse to replace what a voice is made from. Raises UsageError."""
    for path in (folder / name for name in names):
        if path.exists() and any(path.samefile(each) for each in inputs):
            what = "the recording or its transcript would be replaced by what is made of it"
            raise UsageError(
                what,
                where=str(path),
                hint="choose another --name, or copy the file elsewhere first",
            )


def check_name(name: str) -> None:
    """Refuse what is not a plain name of a folder. Raises UsageError."""
    if flaw := ids.problem(name):
        raise UsageError(
            f"the name {name!r} {flaw}", where="--name", hint="use letters, digits, '_' and '-'"
        )


def _sound(audited: Audit) -> dict[str, bytes]:
    """The files that decide how a voice sounds. ref.txt is the last: without it no voice can be
    loaded.
    """
    pcm = audio.pcm16(audited.samples)
    return {
        "ref.wav": wav.header(len(pcm) // wav.SAMPLE_BYTES, audited.rate) + pcm,
        "ref.txt": f"{audited.transcript}\n".encode(errors="replace"),
    }


def _known(path: Path) -> dict[str, str]:
    """What a voice.toml says, as far as it can be read."""
    try:
        table = tomllib.loads(regular.read(path, MARKER_BYTES).decode())
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in table.items() if isinstance(value, str)}


def _is_edited(path: Path) -> bool:
    """Whether a voice.toml says anything but what `store` writes: a comment, or other fields."""
    try:
        text = regular.read(path, MARKER_BYTES).decode()
        document = tomllib.loads(text)
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    own = {name: value for name, value in document.items() if name in FIELDS}
    tables = {name: document[name] for name in TABLES if isinstance(document.get(name), dict)}
    return text != _toml({"": own, **tables})


def _data(audited: Audit, name: str, about: Mapping[str, str]) -> bytes:
    digest = hashlib.blake2b(
        regular.read(audited.path, RECORDING_BYTES), digest_size=32
    ).hexdigest()
    tables: dict[str, Mapping[str, Any]] = {
        "": {"name": name, **about, "language": audited.language, "verdict": audited.grade},
        "made_from": {"file": audited.path.name, "blake2b_256": digest},
        "measures": msgspec.to_builtins(audited.measures),
    }
    return _toml(tables).encode(errors="replace")


def _toml(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Tables of strings and numbers as TOML; its basic strings are those of JSON, but for DEL."""
    lines: list[str] = []
    for title, table in tables.items():
        lines += ["", f"[{title}]"] if title else []
        lines += [
            f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()
        ]
    return "\n".join(lines).replace("\x7f", "\\u007F") + "\n"


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put files into a folder so that a crash leaves the old voice, the new one, or one without a
    transcript.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".clone-", dir=folder.parent) as aside:
        for name, content in files.items():
            (Path(aside) / name).write_bytes(content)
        folder.mkdir(exist_ok=True)
        if "ref.txt" in files:
            (folder / "ref.txt").unlink(missing_ok=True)
            (folder / TEST).unlink(missing_ok=True)
        for name in files:
            (Path(aside) / name).replace(folder / name)
