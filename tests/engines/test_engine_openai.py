"""The openai engine, through `narrate run`, against a real server on this machine that hums, notes
and misbehaves.
"""

from __future__ import annotations

import base64
import io
import json
import math
import os
import socket
import struct
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from narrate.engines import openai
from narrate.engines.base import Unusable
from narrate.engines.openai import riff
from narrate.engines.openai import server as speech_server
from narrate.voices import voice
from support.project import Narrate, contents, lines

KEY = "sk-5ecret-never-to-be-seen"
QWEN = "Qwen/Qwen3-TTS-12Hz-1.7B-Base"
RATE = 24_000
CHARS_PER_SECOND = 15


def hum(text: str) -> np.ndarray:
    """What the server says of a text: PCM_16, as long as a person would take."""
    times = np.arange(int(RATE * max(0.5, len(text) / CHARS_PER_SECOND))) / RATE
    return (8000 * np.sin(2 * math.pi * 220 * times)).astype("<i2")


def wav(samples: bytes, size: int | None = None, fmt: tuple[int, int, int] = (1, 1, 16)) -> bytes:
    """A WAV file around samples, whose header names `size` bytes of them; fmt is format, channels,
    bits.
    """
    kind, channels, bits = fmt
    size = len(samples) if size is None else size
    frame = channels * bits // 8
    head = struct.pack("<HHIIHH", kind, channels, RATE, RATE * frame, frame, bits)
    body = (
        b"WAVE"
        + b"fmt "
        + struct.pack("<I", len(head))
        + head
        + b"data"
        + struct.pack("<I", size)
        + samples
    )
    return b"RIFF" + struct.pack("<I", min(size + 36, 0xFFFFFFFF)) + body


class Handler(BaseHTTPRequestHandler):
    """Answers one request after the other on a connection, as HTTP/1.1 has it."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.busy(self.path, dict(self.headers), document) as fault:
            fault(self, wav(hum(document["input"]).tobytes()))

    def send(self, body: bytes, kind: str = "audio/wav", status: int = 200, **headers: str) -> None:
        """An answer whose length is named, unless a header says otherwise."""
        self.send_response(status)
        for name, value in {
            "Content_Type": kind,
            "Content_Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing is printed."""


Fault = Callable[[Handler, bytes], None]


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    document: dict[str, Any]
    at: float


class Server(ThreadingHTTPServer):
    """Notes what it is asked; `faults` holds, by text, what it does instead of speaking, one
    request at a time.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[Asked] = []
        self.faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self.always: Fault = Handler.send
        self.connections = self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()

    def base_url(self, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_address[1]}/v1"

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: object, client: object) -> None:
        """A client that went away is none of its business."""

    def busy(self, path: str, headers: dict[str, str], document: dict[str, Any]) -> _Busy:
        with self._lock:
            self.asked.append(Asked(path, headers, document, time.monotonic()))
            planned = self.faults[document["input"]]
            return _Busy(self, planned.pop(0) if planned else self.always)

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [each.document for each in self.asked]


class _Busy:
    """Counts the requests that are being answered at the same time."""

    def __init__(self, server: Server, fault: Fault) -> None:
        self.server, self.fault = server, fault

    def __enter__(self) -> Fault:
        with self.server._lock:
            self.server.at_once += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.at_once)
        return self.fault

    def __exit__(self, *error: object) -> None:
        with self.server._lock:
            self.server.at_once -= 1


@contextmanager
def listening() -> Iterator[Server]:
    """A server that answers in threads of its own."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that listens until the test ends."""
    with listening() as server:
        yield server


@pytest.fixture
def project(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Narrate:
    """A project that is spoken by the server with OpenAI's own model."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    # Elsewhere in the tests nothing may be fetched, which would keep this engine from asking other
    # machines.
    narrate = Narrate(tmp_path, NARRATE_ENGINE="openai", NARRATE_TIMEOUT="20", HF_HUB_OFFLINE="")
    configure(narrate, server.base_url())
    return narrate


def configure(narrate: Narrate, base_url: str, **settings: object) -> None:
    table = {"base_url": base_url, **settings}
    rows = (f"{name} = {json.dumps(value)}" for name, value in table.items())
    narrate.write("narrate.toml", "\n".join(["[engines.openai]", *rows, ""]))


def trust(narrate: Narrate, base_url: str) -> None:
    """Name a server in the user's own settings, so that a key may go there."""
    path = Path(narrate.env["XDG_CONFIG_HOME"], "narrate", "config.toml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[engines.openai]\nbase_url = {json.dumps(base_url)}\n")


def say(narrate: Narrate, *texts: str, **fields: Any) -> None:
    narrate.write("script.json", lines(*texts, **fields))


def cast(narrate: Narrate, text: str, **voice: str) -> None:
    narrate.write("script.json", {"voices": {"me": voice}, "segments": lines(text, voice="me")})


# What is asked


def test_openais_own_model_is_asked_in_openais_own_words(project: Narrate, server: Server) -> None:
    cast(project, "Rows meet columns.", speaker="nova", instruct="calm")
    assert project.run()["spoken"] == 1
    assert [each.path for each in server.asked] == ["/v1/audio/speech"]
    assert server.documents == [
        {
            "model": "tts-1",
            "input": "Rows meet columns.",
            "voice": "nova",
            "instructions": "calm",
            "response_format": "wav",
        }
    ]


def test_what_the_server_says_is_what_is_written(project: Narrate) -> None:
    say(project, "Rows meet columns.")
    project.run()
    samples, rate = soundfile.read(project.out / "segments" / "s1.wav", dtype="int16")
    assert rate == RATE
    assert np.array_equal(samples, hum("Rows meet columns."))


def test_a_default_voice_names_a_speaker_only_where_one_must_be_named(
    project: Narrate, server: Server
) -> None:
    say(project, "Rows meet columns.")
    project.run()
    configure(project, server.base_url(), model="some/model")
    project.run()
    assert [document.get("voice") for document in server.documents] == ["alloy", None]


def test_other_servers_are_told_the_language_by_name(project: Narrate, server: Server) -> None:
    configure(project, server.base_url(), model="some/model")
    project.write(
        "script.json", [{"text": "Zeilen.", "language": "de"}, {"text": "Rijen.", "language": "nl"}]
    )
    project.run()
    assert {each["input"]: each["language"] for each in server.documents} == {
        "Zeilen.": "German",
        "Rijen.": "nl",
    }


def test_a_cloned_voice_is_sent_as_vllm_omni_takes_it(project: Narrate, server: Server) -> None:
    configure(project, server.base_url(), model=QWEN)
    project.write("me.wav", wav(hum("A reference recording of some seconds.").tobytes()))
    project.write("me.txt", "A reference recording\nof some seconds.")
    cast(project, "Rows meet columns.", ref="me.wav")
    project.run()
    (asked,) = server.documents
    kind, _, encoded = asked.pop("ref_audio").partition(",")
    sent, rate = soundfile.read(
        io.BytesIO(base64.b64decode(encoded, validate=True)), dtype="float32"
    )
    wanted = voice.prepare(soundfile.read(project.folder / "me.wav", dtype="float32")[0], RATE)
    assert (kind, rate) == ("data:audio/wav;base64", RATE)
    assert np.array_equal(sent, wanted)
    assert asked == {
        "model": QWEN,
        "input": "Rows meet columns.",
        "task_type": "Base",
        "ref_text": "A reference recording of some seconds.",
        "language": "English",
        "response_format": "wav",
    }


def test_a_voice_without_a_transcript_gives_only_its_colour(
    project: Narrate, server: Server
) -> None:
    configure(project, server.base_url(), model=QWEN)
    project.write("me.wav", wav(hum("A reference.").tobytes()))
    cast(project, "Rows meet columns.", ref="me.wav", transcript="")
    project.run()
    (asked,) = server.documents
    assert (asked["x_vector_only_mode"], "ref_text" in asked) == (True, False)


def test_a_designed_voice_is_sent_as_its_description(project: Narrate, server: Server) -> None:
    configure(project, server.base_url(), model="Qwen/Qwen3-TTS-12Hz-1.7B-VoiceDesign")
    cast(project, "Rows meet columns.", design="an old storyteller")
    project.run()
    (asked,) = server.documents
    assert (asked["task_type"], asked["instructions"]) == ("VoiceDesign", "an old storyteller")
    assert "voice" not in asked


def test_openais_own_model_never_speaks_a_voice_that_it_does_not_have(
    project: Narrate, server: Server
) -> None:
    cast(project, "Rows meet columns.", design="an old storyteller")
    ran = project("run", "script.json")
    assert (ran.code, server.asked, project.clips) == (2, [], [])
    assert "OpenAI's tts-1 speaks with its own speakers only" in ran.err


def test_a_seed_is_passed_on_and_another_take_is_another_seed(
    project: Narrate, server: Server
) -> None:
    configure(project, server.base_url(), model=QWEN)
    project.write(
        "script.json",
        [{"text": "One.", "seed": 7}, {"text": "Two."}, {"text": "Three.", "take": 2}],
    )
    project.run()
    assert {each["input"]: each.get("seed") for each in server.documents} == {
        "One.": 7,
        "Two.": None,
        "Three.": 1000,
    }


def test_another_attempt_has_another_seed(project: Narrate, server: Server) -> None:
    configure(project, server.base_url(), model=QWEN)
    server.faults["One."] = [garbage, garbage]
    say(project, "One.")
    project.run()
    assert [each.get("seed") for each in server.documents] == [None, 1, 2]


# Many at once


@pytest.mark.parametrize("concurrency", [1, 16, 80])
def test_as_many_requests_are_in_flight_as_are_allowed(
    project: Narrate, server: Server, concurrency: int
) -> None:
    configure(project, server.base_url(), concurrency=concurrency)
    together = threading.Barrier(concurrency)

    def wait_for_all(handler: Handler, sound: bytes) -> None:
        together.wait(20)
        handler.send(sound)

    server.always = wait_for_all
    say(project, *(f"This is line {number}." for number in range(2 * concurrency)))
    assert project.run()["spoken"] == 2 * concurrency
    assert server.most_at_once == concurrency


def test_each_line_gets_its_own_sound_whatever_the_order_of_the_answers(
    project: Narrate, server: Server
) -> None:
    texts = [" ".join(["word"] * (2 + number)) for number in range(12)]
    together = threading.Barrier(len(texts))
    answered: list[int] = []

    def shortest_first(handler: Handler, sound: bytes) -> None:
        together.wait(20)
        time.sleep(len(sound) / 400_000)
        answered.append(len(sound))
        handler.send(sound)

    server.always = shortest_first
    say(project, *texts)
    project.run()
    # The longest line is asked for first, and answered last.
    assert answered != [44 + hum(each["input"]).nbytes for each in server.documents]
    assert [each["samples"] for each in project.manifest["segments"]] == [
        hum(text).size for text in texts
    ]


def test_connections_are_kept(project: Narrate, server: Server) -> None:
    configure(project, server.base_url(), concurrency=4)
    say(project, *(f"This is line {number}." for number in range(40)))
    project.run()
    # Two more than the four: before the run, and in the worker, it finds out whether anybody is
    # there.
    assert (len(server.asked), server.connections) == (40, 6)


def test_a_finished_narration_asks_no_server(project: Narrate, server: Server) -> None:
    say(project, "Rows meet columns.")
    project.run()
    server.server_close()
    project.write("script.json", [{"id": "again", "text": "Rows meet columns."}])
    assert (project.run("--no-progress")["cached"], len(server.asked)) == (1, 1)


# The key


def everything(root: Path) -> bytes:
    """Every byte and every name below a folder."""
    return b"".join(name.encode() + content for name, content in contents(root).items())


def bearers(server: Server) -> set[str | None]:
    return {each.headers.get("Authorization") for each in server.asked}


def test_the_key_is_sent_and_kept_nowhere(project: Narrate, server: Server) -> None:
    trust(project, server.base_url())
    say(project, "Rows meet columns.")
    env = {"NARRATE_OPENAI_API_KEY": KEY}
    ran = project("run", "script.json", "-v", "--events", "log.jsonl", env=env)
    assert ran.code == 0, ran.err
    assert bearers(server) == {f"Bearer {KEY}"}
    time.sleep(0.2)
    assert project("run", "script.json", env=env).code == 0
    assert list((project.cache / "stamps").iterdir())
    assert KEY.encode() not in everything(project.root) + (ran.out + ran.err).encode()


def test_a_server_that_repeats_the_key_is_not_quoted(project: Narrate, server: Server) -> None:
    trust(project, server.base_url())
    server.always = refuse(401, json.dumps({"error": {"message": f"wrong key: {KEY}"}}))
    say(project, "Rows meet columns.")
    ran = project(
        "run", "script.json", "-v", "--events", "log.jsonl", env={"NARRATE_OPENAI_API_KEY": KEY}
    )
    assert (
        "the server answered 401 (wrong key: [key]); is the key in the environment right?"
        in ran.err
    )
    assert KEY.encode() not in everything(project.root) + (ran.out + ran.err).encode()


@pytest.mark.parametrize(
    ("host", "env", "sent"),
    [
        ("127.0.0.1", {}, None),
        ("127.0.0.1", {"OPENAI_API_KEY": "b"}, "Bearer b"),
        ("127.0.0.1", {"NARRATE_OPENAI_API_KEY": "a", "OPENAI_API_KEY": "b"}, "Bearer a"),
        # This address reaches this machine, but it is not one of its own.
        ("0.0.0.0", {"OPENAI_API_KEY": "b"}, None),
        ("0.0.0.0", {"NARRATE_OPENAI_API_KEY": "a"}, "Bearer a"),
    ],
)
def test_openais_key_does_not_cross_the_network_in_the_clear(
    project: Narrate, server: Server, host: str, env: dict[str, str], sent: str | None
) -> None:
    configure(project, server.base_url(host))
    trust(project, server.base_url(host))
    say(project, "Rows meet columns.")
    project.run(env=env)
    assert bearers(server) == {sent}


BOTH = {"NARRATE_OPENAI_API_KEY": KEY, "OPENAI_API_KEY": KEY}


ELSEWHERE = ("nothing", "another server", "another port", "another scheme", "no address")


@pytest.mark.parametrize(
    ("env", "named"),
    [*((BOTH, named) for named in ELSEWHERE), *(({name: KEY}, "nothing") for name in BOTH)],
)
def test_no_key_goes_to_a_server_that_only_a_project_names(
    project: Narrate, server: Server, env: dict[str, str], named: str
) -> None:
    others = {
        "another server": "https://tts.example/v1",
        "another port": "http://127.0.0.1:9/v1",
        "another scheme": server.base_url().replace("http", "https"),
        "no address": "127.0.0.1",
    }
    if named in others:
        trust(project, others[named])
    say(project, "Rows meet columns.")
    project.run(env=env)
    assert bearers(server) == {None}
    server.always = refuse(401)
    say(project, "Columns meet rows.")
    ran = project("run", "script.json", env=env)
    assert ran.code == 2
    assert (
        f"the key in {next(iter(env))} was not sent, as only a project names this server" in ran.err
    )
    assert "name it in your own settings too, or in NARRATE_OPENAI_BASE_URL" in ran.err
    assert KEY not in ran.err + ran.out
    assert bearers(server) == {None}


def test_the_server_in_the_environment_is_the_users_own(project: Narrate, server: Server) -> None:
    """It decides over the project's, and a key goes there."""
    configure(project, "http://127.0.0.1:9/v1")
    say(project, "Rows meet columns.")
    project.run(env={"NARRATE_OPENAI_BASE_URL": server.base_url(), "OPENAI_API_KEY": KEY})
    assert bearers(server) == {f"Bearer {KEY}"}


def test_a_project_that_names_a_model_leaves_the_users_server_alone(
    project: Narrate, server: Server
) -> None:
    trust(project, server.base_url())
    project.write("narrate.toml", '[engines.openai]\nmodel = "some/model"\n')
    say(project, "Rows meet columns.")
    project.run(env={"NARRATE_OPENAI_API_KEY": KEY})
    assert bearers(server) == {f"Bearer {KEY}"}
    assert [each["model"] for each in server.documents] == ["some/model"]


OPENAI = "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("base_url", "servers", "environment", "key"),
    [
        (OPENAI, [], {"OPENAI_API_KEY": "b"}, "b"),
        ("https://API.OpenAI.com:443", [], {"OPENAI_API_KEY": "b"}, "b"),
        (OPENAI, [], {"NARRATE_OPENAI_API_KEY": "a", "OPENAI_API_KEY": "b"}, "a"),
        # The first is the key of another server.
        (
            OPENAI,
            ["https://tts.example"],
            {"NARRATE_OPENAI_API_KEY": "a", "OPENAI_API_KEY": "b"},
            "b",
        ),
        (OPENAI, ["https://tts.example"], {"NARRATE_OPENAI_API_KEY": "a"}, None),
        ("http://api.openai.com/v1", [], {"OPENAI_API_KEY": "b"}, None),
        ("https://api.openai.com:8443/v1", [], {"OPENAI_API_KEY": "b"}, None),
        ("https://api.openai.com./v1", [], {"OPENAI_API_KEY": "b"}, None),
        ("https://api.openai.com.example/v1", [], {"OPENAI_API_KEY": "b"}, None),
        ("https://example/api.openai.com", [], {"OPENAI_API_KEY": "b"}, None),
        (
            "https://tts.example/v2",
            ["https://tts.example/v1"],
            {"NARRATE_OPENAI_API_KEY": "a"},
            "a",
        ),
        ("http://tts.example/v1", ["http://tts.example/v1"], {"OPENAI_API_KEY": "b"}, None),
    ],
)
def test_whose_a_key_is(
    base_url: str, servers: list[str], environment: dict[str, str], key: str | None
) -> None:
    found, withheld = openai.find_key(speech_server.parse(base_url), servers, environment)
    assert found == key
    assert bool(withheld) == (key is None)


def test_the_test_line_of_a_voice_does_not_make_a_projects_server_the_users(
    project: Narrate, server: Server
) -> None:
    configure(project, server.base_url(), model=QWEN)
    ref = Path(__file__).parents[2] / "examples/voice_ref/ref.wav"
    ran = project("clone", "--ref", ref, "--name", "me", "--anyway", env=BOTH)
    assert ran.code == 0, ran.err
    assert bearers(server) == {None}


def test_doctor_says_that_a_key_is_withheld(project: Narrate, server: Server) -> None:
    ran = project("doctor", "--json", env={"OPENAI_API_KEY": KEY, "NARRATE_ENGINE": "auto"})
    (found,) = (each for each in ran.json["findings"] if each["part"] == "engine openai")
    assert found["text"].startswith(
        f"asks {server.base_url()}; the key in OPENAI_API_KEY was not sent"
    )
    assert KEY not in ran.out


def test_a_key_that_would_break_a_header_is_refused_unseen(
    project: Narrate, server: Server
) -> None:
    trust(project, server.base_url())
    say(project, "Rows meet columns.")
    ran = project("run", "script.json", env={"NARRATE_OPENAI_API_KEY": f"{KEY}\nHost: example.com"})
    assert (ran.code, server.asked) == (6, [])
    assert KEY not in ran.err


def test_where_the_server_is_stays_out_of_what_is_made(project: Narrate, server: Server) -> None:
    say(project, "Rows meet columns.")
    project.run()
    made = everything(project.out) + b"".join(clip.read_bytes() for clip in project.clips)
    assert project.manifest["engine"]["model"].startswith("tts-1 server:")
    assert str(server.server_address[1]).encode() not in made


def test_another_server_is_another_voice(project: Narrate, server: Server) -> None:
    say(project, "Rows meet columns.")
    project.run()
    configure(project, server.base_url("localhost"))
    assert project.run()["spoken"] == 1


# Faults that pass


def refuse(status: int, body: str = "no", **headers: str) -> Fault:
    return lambda handler, sound: handler.send(body.encode(), "application/json", status, **headers)


def garbage(handler: Handler, sound: bytes) -> None:
    handler.send(os.urandom(5000))


def cut(handler: Handler, sound: bytes) -> None:
    """Name the whole length, send half, hang up."""
    handler.send(sound[: len(sound) // 2], Content_Length=str(len(sound)))
    handler.close_connection = True


def cut_chunks(handler: Handler, sound: bytes) -> None:
    """A stream of unknown length that ends without its end."""
    streamed(handler, wav(sound[44:], size=0xFFFFFFFF), end=b"")
    handler.close_connection = True


def hang_up(handler: Handler, sound: bytes) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def streamed(handler: Handler, body: bytes, end: bytes = b"0\r\n\r\n") -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "audio/wav")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for start in range(0, len(body), 4000):
        part = body[start : start + 4000]
        handler.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    handler.wfile.write(end)


PASSING = {
    "Server error.": refuse(500),
    "Bad gateway.": refuse(502),
    "Out of service.": refuse(503),
    "Too many requests.": refuse(429),
    "Too late.": refuse(408),
    "A body cut in half.": cut,
    "A stream cut off.": cut_chunks,
    "Nothing at all.": hang_up,
    "Only garbage.": garbage,
}


def test_what_may_pass_is_tried_again(project: Narrate, server: Server) -> None:
    server.faults |= {text: [fault] for text, fault in PASSING.items()}
    say(project, "No fault.", *PASSING)
    project.run()
    assert Counter(each["input"] for each in server.documents) == dict.fromkeys(PASSING, 2) | {
        "No fault.": 1
    }
    for segment in project.manifest["segments"]:
        samples, _ = soundfile.read(project.out / segment["file"], dtype="int16")
        assert np.array_equal(samples, hum(segment["text"]))


@pytest.mark.alone
def test_the_server_is_left_alone_for_as_long_as_it_asks(project: Narrate, server: Server) -> None:
    server.faults["One."] = [refuse(429, Retry_After="2")]
    say(project, "One.")
    project.run()
    first, second = (each.at for each in server.asked)
    assert 2 <= second - first < 6


def test_waiting_for_a_busy_server_is_not_counted_as_failing(
    project: Narrate, server: Server
) -> None:
    server.faults["One."] = [refuse(429, Retry_After="0")] * speech_server.FAULTS
    say(project, "One.")
    project.run(env={"NARRATE_TIMEOUT": "60"})
    (clip,) = project.clips
    assert b'"attempt":1,' in clip.read_bytes()


# Faults that stay


def redirect(handler: Handler, sound: bytes) -> None:
    handler.send(b"", status=307, Location="http://example.com/v1/audio/speech")


def hang(handler: Handler, sound: bytes) -> None:
    time.sleep(30)


def trickle(handler: Handler, sound: bytes) -> None:
    """Send just enough that no single wait is too long."""
    handler.send(b"", Content_Length=str(len(sound)))
    with suppress(OSError):
        for byte in sound:
            handler.wfile.write(bytes([byte]))
            time.sleep(0.2)


def dribble(handler: Handler, sound: bytes) -> None:
    """Send headers, none of which is waited for too long, and never the last one."""
    handler.send_response(200)
    with suppress(OSError):
        for number in range(90):
            handler.send_header(f"X-{number}", "more to come")
            handler.flush_headers()
            time.sleep(0.2)


def go_on(handler: Handler, sound: bytes) -> None:
    """Ask for what was sent already, again and again."""
    with suppress(OSError):
        for _ in range(300):
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
            time.sleep(0.1)


def unending(handler: Handler, sound: bytes) -> None:
    """A stream that neither HTTP nor its header says the length of."""
    handler.send_response(200)
    handler.send_header("Content-Type", "audio/wav")
    handler.end_headers()
    handler.wfile.write(wav(sound[44:], size=0xFFFFFFFF))
    handler.close_connection = True


def body(make: Callable[[bytes], bytes], kind: str = "audio/wav") -> Fault:
    """An honest transfer of something else; `make` is given the bare samples."""
    return lambda handler, sound: handler.send(make(sound[44:]), kind)


LASTING: dict[str, tuple[Fault, str]] = {
    "500": (
        refuse(500, '{"error": {"message": "no\\u001b[31m GPU"}}'),
        r"answered 500 (no\x1b[31m GPU), in ",
    ),
    "429": (
        refuse(429, '{"message": "slow"}', Retry_After="3600"),
        "429 (slow), and asks to wait 3600 s",
    ),
    "hang": (hang, "no whole answer within 2 s"),
    "trickle": (trickle, "no whole answer within 2 s"),
    "dribble": (dribble, "no whole answer within 2 s"),
    "continue": (go_on, "no whole answer within 2 s"),
    "cut": (cut, "the answer is cut short: "),
    "no-length": (unending, "nothing says whether the WAV is complete"),
    "garbage": (garbage, "what the server sent as audio/wav cannot be used: it is not a WAV file"),
    "json": (
        body(lambda sound: b"{}", "application/json"),
        "sent as application/json cannot be used",
    ),
    "nothing": (body(lambda sound: b""), "it is empty"),
    "no-samples": (body(lambda sound: wav(b"")), "it holds no samples"),
    "too-long": (body(lambda sound: wav(sound, len(sound) + 2)), "the WAV is cut short"),
    "too-short": (
        body(lambda sound: wav(sound, len(sound) // 2)),
        "header of the WAV and its bytes do not agree",
    ),
    "rate-0": (
        body(lambda sound: wav(sound).replace(struct.pack("<I", RATE), bytes(4))),
        "impossible rate",
    ),
    "silence": (body(lambda sound: wav(bytes(len(sound)))), "it is silent"),
    "400": (
        refuse(400, '{"detail": [{"msg": "no such voice"}]}'),
        "the server answered 400 (no such voice)",
    ),
    "404": (refuse(404, "no\n" * 999), "check that base_url ends as the server expects (/v1)"),
    "401": (refuse(401), "the server answered 401 (no); set NARRATE_OPENAI_API_KEY"),
    "redirect": (redirect, "the server redirects to http://example.com/v1/audio/speech"),
}


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Why each line failed whose fault did not pass, when all of them and one good line were spoken
    in one run.
    """
    narrate = Narrate(
        tmp_path_factory.mktemp("lasting"), NARRATE_ENGINE="openai", NARRATE_TIMEOUT="3"
    )
    with listening() as server:
        server.faults |= {f"This is {name}.": [fault] * 99 for name, (fault, _) in LASTING.items()}
        configure(narrate, server.base_url())
        segments = [{"id": name, "text": f"This is {name}."} for name in ("well", *LASTING)]
        narrate.write("script.json", {"reading": "off", "segments": segments})
        ran = narrate("run", "script.json", "-k", "--events", "log.jsonl")
    assert (ran.code, len(narrate.clips), narrate.out.exists()) == (5, 1, False)
    assert "\x1b" not in ran.err
    events = map(json.loads, (narrate.folder / "log.jsonl").read_text().splitlines())
    return {event["segment"]: event["reason"] for event in events if event["event"] == "failed"}


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_fault_is_a_clear_failure_and_stores_nothing(
    failures: dict[str, str], name: str
) -> None:
    assert LASTING[name][1] in failures[name]
    assert len(failures[name]) < 500


@pytest.mark.parametrize(("status", "code"), [(307, 2), (400, 5), (401, 2), (404, 2)])
def test_what_will_not_pass_is_asked_once(
    project: Narrate, server: Server, status: int, code: int
) -> None:
    server.always = refuse(status)
    say(project, "One.")
    assert (project("run", "script.json").code, len(server.asked)) == (code, 1)


def test_a_redirect_is_not_followed(project: Narrate, server: Server) -> None:
    trust(project, server.base_url())
    with listening() as other:
        place = f"{other.base_url()}/audio/speech"
        server.always = refuse(308, Location=place)
        say(project, "One.")
        ran = project("run", "script.json", env={"NARRATE_OPENAI_API_KEY": KEY})
        assert (ran.code, bearers(server), other.asked) == (2, {f"Bearer {KEY}"}, [])
    assert f"the server redirects to {place}" in ran.err


def test_a_line_that_is_refused_costs_none_of_the_others(project: Narrate, server: Server) -> None:
    server.faults["One."] = [refuse(400)]
    say(project, "One.", "Two.", "Three.")
    ran = project("run", "script.json", "-k")
    assert (ran.code, len(project.clips)) == (5, 2)


# The way to the server


def test_without_a_server_the_line_to_write_is_named(project: Narrate) -> None:
    (project.folder / "narrate.toml").unlink()
    say(project, "One.")
    ran = project("run", "script.json")
    assert ran.code == 6
    assert (
        'write into narrate.toml: engines.openai.base_url = "http://127.0.0.1:8091/v1"' in ran.err
    )


def test_a_server_that_is_not_there_is_noticed_at_once(project: Narrate, server: Server) -> None:
    server.server_close()
    say(project, *(f"This is line {number}." for number in range(20)))
    ran = project("run", "script.json")
    assert ran.code == 6
    assert (
        f"nothing answers at {server.base_url()[:-3]} "
        "(Connection refused)\n  next: start it, or correct base_url" in ran.err
    )


ODD = [
    "file:///etc/passwd",
    "ftp://example.com/v1",
    "example.com/v1",
    "http://",
    "http://example.com:port/v1",
    "http://127.0.0.1:0/v1",
    "http://127.0.0.1:65536/v1",
    "http://[::1/v1",
    "http://me:hunter2@example.com/v1",
    "https://example.com/v1?key=hunter2",
    "http://example.com/v1#part",
    "http://example.com/ v1",
    "http://exämple.com/v1",
]


@pytest.mark.parametrize("base_url", ODD)
def test_only_plain_addresses_are_taken(base_url: str) -> None:
    with pytest.raises(Unusable) as refused:
        speech_server.parse(base_url)
    assert "hunter2" not in str(refused.value)


def test_an_odd_address_ends_the_run_before_anything_is_asked(project: Narrate) -> None:
    configure(project, "http://me:hunter2@example.com/v1")
    say(project, "One.")
    ran = project("run", "script.json")
    assert ran.code == 6
    assert "base_url must be a plain http or https address" in ran.err
    assert "hunter2" not in ran.err


@pytest.mark.parametrize(("host", "code"), [("127.0.0.1", 0), ("localhost", 0), ("0.0.0.0", 6)])
def test_offline_reaches_this_machine_only(
    project: Narrate, server: Server, host: str, code: int
) -> None:
    configure(project, server.base_url(host))
    say(project, "One.")
    ran = project("run", "script.json", env={"NARRATE_OFFLINE": "1"})
    assert (ran.code, bool(server.asked)) == (code, code == 0)
    assert ("offline" in ran.err) == (code == 6)


@pytest.mark.parametrize(
    ("base_url", "here"),
    [
        ("http://localhost/v1", True),
        ("http://127.9.9.9:80/v1", True),
        ("http://[::1]:8091/v1", True),
        ("http://localhost.example.com/v1", False),
        ("https://example.com/127.0.0.1", False),
    ],
)
def test_what_counts_as_this_machine(base_url: str, here: bool) -> None:
    assert speech_server.is_here(speech_server.parse(base_url)) == here


# What a sound may look like


SOUND = np.arange(-40, 40, dtype="<i2") * np.int16(400)


def test_a_stream_is_read_whole(project: Narrate, server: Server) -> None:
    server.always = lambda handler, sound: streamed(handler, wav(sound[44:], size=0xFFFFFFFF))
    say(project, "Rows meet columns.")
    project.run()
    samples, _ = soundfile.read(project.out / "segments" / "s1.wav", dtype="int16")
    assert np.array_equal(samples, hum("Rows meet columns."))


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0xFFFFFFFF - 36, 0x7FFFFFFF, 0x80000000])
def test_a_header_that_does_not_know_its_length_needs_another_witness(size: int) -> None:
    body = wav(SOUND.tobytes(), size)
    assert np.array_equal(riff.read(body, whole=True).samples, SOUND / np.float32(32768))
    with pytest.raises(riff.BadSound, match="nothing says whether the WAV is complete"):
        riff.read(body, whole=False)


@pytest.mark.parametrize(("kind", "rate"), [("audio/pcm", RATE), ("audio/pcm;rate=16000", 16_000)])
def test_bare_samples_are_read_where_the_server_says_so(
    project: Narrate, server: Server, kind: str, rate: int
) -> None:
    server.always = body(lambda sound: sound, kind)
    say(project, "Rows meet columns.")
    project.run()
    samples, found = soundfile.read(project.out / "segments" / "s1.wav", dtype="int16")
    assert found == rate
    assert np.array_equal(samples, hum("Rows meet columns."))


def written(samples: np.ndarray, subtype: str, format: str = "WAV") -> bytes:
    """A WAV file by another hand."""
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, subtype, format=format)
    return file.getvalue()


@pytest.mark.parametrize("format", ["WAV", "WAVEX"])
@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_wav_files_of_another_writer_are_read(format: str, subtype: str) -> None:
    sound = riff.read(written(SOUND.astype("f4") / 32768, subtype, format), whole=False)
    assert (sound.rate, sound.samples.dtype) == (RATE, np.dtype(np.float32))
    assert np.array_equal(sound.samples, SOUND / np.float32(32768))


def test_channels_are_averaged() -> None:
    sound = riff.read(written(np.stack([SOUND, SOUND // 2], axis=1), "PCM_16"), whole=True)
    assert np.array_equal(sound.samples, (SOUND + SOUND // 2) / np.float32(65536))


@pytest.mark.parametrize("subtype", ["PCM_24", "PCM_U8", "ULAW", "DOUBLE"])
def test_other_samples_are_refused_by_name(subtype: str) -> None:
    with pytest.raises(riff.BadSound, match="16-bit PCM and 32-bit float are read"):
        riff.read(written(SOUND, subtype), whole=True)


def test_chunks_around_the_samples_are_passed_over() -> None:
    plain = wav(SOUND.tobytes())
    noted = plain[:12] + b"LIST\x03\0\0\0abc\0" + plain[12:] + b"id3 \x02\0\0\0ab"
    assert np.array_equal(riff.read(noted, whole=False).samples, SOUND / np.float32(32768))


@given(st.integers(0, len(wav(SOUND.tobytes())) - 1), st.booleans())
def test_no_beginning_of_a_file_passes_for_the_file(end: int, whole: bool) -> None:
    with pytest.raises(riff.BadSound):
        riff.read(wav(SOUND.tobytes())[:end], whole=whole)


@given(st.integers(1, SOUND.nbytes - 1).filter(lambda size: size != SOUND.nbytes))
def test_a_header_that_names_less_than_there_is_cuts_nothing_off(size: int) -> None:
    for samples in (SOUND.tobytes(), bytes(SOUND.nbytes)):
        with pytest.raises(riff.BadSound):
            riff.read(wav(samples, size), whole=True)


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(noise: bytes) -> None:
    for given_bytes in (
        noise,
        wav(SOUND.tobytes())[:12] + noise,
        wav(SOUND.tobytes())[:20] + noise,
    ):
        with suppress(riff.BadSound):
            assert riff.read(given_bytes, whole=True).samples.size
