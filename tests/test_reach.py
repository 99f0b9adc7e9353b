"""What a script can reach: files of its own folder, no network, nobody else's cache, nothing
through links.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import soundfile

from narrate import build
from narrate.build import Options
from narrate.engines import tone as stand_in
from support.harness import absent
from support.processes import alive
from support.project import Narrate, identities, lines

VOICE = Path(__file__).parents[1] / "examples" / "voice_ref"
CLONED = {"voices": {"me": {"ref": "me.wav"}}, "segments": lines("Hello.", voice="me")}
TAKE = [{"id": "take", "audio": "me.wav"}]


def outside(tone: Narrate, how: str, script: Any) -> None:
    """A script whose recording lies outside of its folder, though it may not look like that."""
    elsewhere = tone.root / "elsewhere"
    elsewhere.mkdir()
    soundfile.write(elsewhere / "me.wav", [0.1, -0.1] * 24_000, 24_000)
    (elsewhere / "me.txt").write_text("Hello there.")
    inside = tone.folder / "me.wav"
    if how == "link":
        inside.symlink_to(elsewhere / "me.wav")
        inside.with_suffix(".txt").write_text("Hello there.")
    elif how == "linked folder":
        (tone.folder / "voices").symlink_to(elsewhere)
    named = {"link": "me.wav", "linked folder": "voices/me.wav", "above": "../elsewhere/me.wav"}
    text = str(named.get(how, elsewhere / "me.wav"))
    tone.write("script.json", {"segments": [{"audio": text}]} if script is TAKE else _cloned(text))


def _cloned(ref: str) -> dict[str, Any]:
    return CLONED | {"voices": {"me": {"ref": ref}}}


@pytest.mark.parametrize("script", [CLONED, TAKE], ids=["reference", "recording"])
@pytest.mark.parametrize("how", ["above", "absolute", "link", "linked folder"])
def test_a_recording_outside_of_the_scripts_folder_is_refused(
    tone: Narrate, how: str, script: Any
) -> None:
    outside(tone, how, script)
    ran = tone("run")
    assert (ran.code, ran.out) == (2, "")
    assert "is outside the script's folder" in ran.err
    assert "--allow-outside" in ran.err
    assert tone("run", "--allow-outside").code == 0
    tone.write("narrate.toml", "allow_outside = true\n")
    assert tone("run").code == 0
    assert tone("status").code == 0


def test_a_transcript_outside_of_the_scripts_folder_is_refused(tone: Narrate) -> None:
    secret = tone.root / "secret"
    secret.write_text("A secret.")
    tone.write("me.wav", (VOICE / "ref.wav").read_bytes())
    (tone.folder / "me.txt").symlink_to(secret)
    tone.write("script.json", CLONED)
    ran = tone("run")
    assert (ran.code, ran.out) == (2, "")
    assert "me.txt is outside" in ran.err
    assert "A secret." not in ran.err


def test_a_transcript_that_is_a_pipe_is_not_waited_for(tone: Narrate) -> None:
    tone.write("me.wav", (VOICE / "ref.wav").read_bytes())
    os.mkfifo(tone.folder / "me.txt")
    tone.write("script.json", CLONED)
    assert tone("run").code == 2


@pytest.mark.parametrize(
    "url", ["https://example.org/me.wav", "file:///etc/passwd", "data:audio/wav;base64,UklGRg=="]
)
@pytest.mark.parametrize("script", [CLONED, TAKE], ids=["reference", "recording"])
def test_a_url_is_refused(tone: Narrate, url: str, script: Any) -> None:
    tone.write("script.json", {"segments": [{"audio": url}]} if script is TAKE else _cloned(url))
    ran = tone("run", "--allow-outside")
    assert (ran.code, ran.out) == (2, "")
    assert "is a URL" in ran.err


def test_a_file_may_have_a_colon_in_its_name(tone: Narrate) -> None:
    soundfile.write(tone.folder / "take:2.wav", [0.1, -0.1] * 24_000, 24_000)
    tone.write("script.json", {"segments": [{"audio": "take:2.wav"}]})
    assert tone("run").code == 0


def test_the_cache_of_another_user_is_refused(tone: Narrate) -> None:
    tone.write("script.json", lines("Hello."))
    tone.run()
    try:
        os.chown(tone.cache, os.geteuid() + 12_345, -1)
    except PermissionError:
        absent("only root can give a folder away")
    for command in (["run", "-o", "other"], ["plan"], ["cache", "stats"]):
        ran = tone(*command)
        assert (ran.code, ran.out) == (6, "")
        assert "belongs to another user" in ran.err
        assert "NARRATE_CACHE_DIR" in ran.err


def test_the_cache_is_readable_by_its_owner_alone(tone: Narrate) -> None:
    tone.write("script.json", lines("Hello."))
    tone.run()
    assert stat.S_IMODE(tone.cache.stat().st_mode) == 0o700


def test_a_folder_that_becomes_a_cache_keeps_its_mode(tone: Narrate) -> None:
    tone.cache.mkdir()
    tone.cache.chmod(0o750)
    tone.write("script.json", lines("Hello."))
    tone.run()
    assert stat.S_IMODE(tone.cache.stat().st_mode) == 0o750


@pytest.mark.parametrize("name", [".narrate", "segments"])
def test_nothing_is_written_through_a_link_in_the_output_folder(tone: Narrate, name: str) -> None:
    precious = tone.root / "precious"
    precious.mkdir()
    (precious / "s1.wav").write_bytes(b"mine")
    tone.out.mkdir(parents=True)
    (tone.out / name).symlink_to(precious)
    before = identities(precious)
    tone.write("script.json", lines("Hello."))
    ran = tone("run")
    assert identities(precious) == before
    if name == "segments":
        assert ran.code == 2
        assert "it is a link" in ran.err
    else:
        assert ran.code == 0


def test_a_worker_dies_with_its_parent_even_when_it_can_run_no_code_of_its_own(
    tmp_path: Path,
) -> None:
    """A worker that is stopped cannot notice the end of its pipe."""
    if sys.platform != "linux":
        absent("only Linux ends a process with its parent")
    program = """
import os, signal, sys
from narrate.engines.base import ModelRef
from narrate.workers.client import Worker
worker = Worker("tone", ModelRef("sine"), sys.executable, "narrate.engines.tone")
worker.wait_ready()
[pid] = [int(pid) for pid in open(f"/proc/self/task/{os.getpid()}/children").read().split()]
os.kill(pid, signal.SIGSTOP)
print(pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, timeout=60
    )
    assert not alive(int(ran.stdout))


def test_the_files_of_a_model_folder_are_among_what_a_run_was_made_of(
    tone: Narrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a run with nothing to do would not notice that a model was exchanged."""
    folders = replace(stand_in.CAPABILITIES, models={"final": {"default": "sine"}})
    monkeypatch.setattr(stand_in, "CAPABILITIES", folders)
    model = tone.write("model/weights.bin", b"weights").parent
    tone.write("model/config.json", b"{}")
    tone.write("model/.hidden", b"")
    script = tone.write("script.json", lines("Hello."))
    flags = {"engine": "tone", "model": str(model), "cache_dir": str(tone.cache)}
    result = build.run(script, flags, Options(), lambda event: None)
    named = {path for path in result.inputs if path.startswith(str(model))}
    assert named == {str(model), str(model / "config.json"), str(model / "weights.bin")}
