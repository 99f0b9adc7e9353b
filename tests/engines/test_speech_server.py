"""The exchange with a speech server ends in time whatever the server does, and its answers share a
bounded memory.
"""

from __future__ import annotations

import http.server
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from narrate.engines import openai
from narrate.engines.base import Job, ModelRef, Synthesis
from narrate.engines.openai import server as speech_server
from narrate.engines.openai.budget import Budget
from narrate.engines.openai.server import Server, ServerError
from narrate.request import Request
from narrate.sound import wav
from support.harness import tool

SECONDS = 1.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: 1000\r\n"

Behaviour = Callable[[socket.socket], None]


def take_request(connection: socket.socket) -> None:
    taken = b""
    while not taken.endswith(b"}"):
        taken += connection.recv(1 << 16)


def dribbled(*parts: bytes) -> Behaviour:
    """Takes the request, and sends the parts a byte at a time, then the last of them again and
    again.
    """

    def behave(connection: socket.socket) -> None:
        take_request(connection)
        for part in [*parts, *[parts[-1]] * 1000]:
            for byte in part:
                connection.send(bytes([byte]))
                time.sleep(0.05)

    return behave


def flooding(connection: socket.socket) -> None:
    take_request(connection)
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def sipping(connection: socket.socket) -> None:
    """Takes so little of a large request at a time that none of the waits is long."""
    while True:
        connection.recv(4096)
        time.sleep(0.1)


def mute(connection: socket.socket) -> None:
    time.sleep(60)


BEHAVIOURS: dict[str, Behaviour] = {
    "status": dribbled(b"HTTP/1.1 ", b"0"),
    "headers": dribbled(HEAD, b"X: y\r\n"),
    "body": dribbled(HEAD + b"\r\n", b"x"),
    "continue": dribbled(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "flood": flooding,
    "upload": sipping,
    "mute": mute,
}


@contextmanager
def serving(behave: Behaviour, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A port where every connection is treated badly; with a `context` in TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                if context is None:
                    behave(connection)
                else:
                    with context.wrap_socket(connection, server_side=True) as wrapped:
                        behave(wrapped)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(
                        target=serve, args=(listener.accept()[0],), daemon=True
                    ).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


def document(name: str) -> dict[str, Any]:
    return {"input": "x" * (20_000_000 if name == "upload" else 9)}


def seconds_of(url: str, asked: dict[str, Any]) -> float:
    """How long it takes until a request is given up, which it must be in words."""
    server = Server(url, None, SECONDS)
    started = time.monotonic()
    with pytest.raises(ServerError, match=r"no whole answer within 1 s|connection failed"):
        server.post("/audio/speech", asked, Budget(1 << 20).share())
    return time.monotonic() - started


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_request_ends_at_its_deadline(name: str) -> None:
    with serving(BEHAVIOURS[name]) as port:
        assert seconds_of(f"http://127.0.0.1:{port}/v1", document(name)) < SECONDS + 1


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, and its key, in one file."""
    place = tmp_path_factory.mktemp("tls") / "identity.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    command = [tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject]
    subprocess.run(
        [*command, "-keyout", place, "-out", f"{place}.crt"], check=True, capture_output=True
    )
    place.write_bytes(place.read_bytes() + Path(f"{place}.crt").read_bytes())
    return place


@pytest.mark.parametrize("name", ["headers", "flood", "upload", "mute"])
def test_over_tls_it_ends_as_well(
    name: str, identity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", f"{identity}.crt")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity)
    with serving(BEHAVIOURS[name], context) as port:
        assert seconds_of(f"https://127.0.0.1:{port}/v1", document(name)) < SECONDS + 1


def test_a_handshake_that_does_not_come_to_an_end_is_given_up() -> None:
    with serving(lambda connection: time.sleep(60)) as port:
        assert seconds_of(f"https://127.0.0.1:{port}/v1", {"input": "x"}) < SECONDS + 1


def test_all_addresses_of_a_host_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these listens with a full queue, so that a connection to it is never made."""
    with ExitStack() as stack:
        places = [full(stack) for _ in range(5)]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        assert seconds_of("http://somewhere.invalid/v1", {"input": "x"}) < SECONDS + 1


def full(stack: ExitStack) -> Any:
    """Where something listens and takes no connection, as its queue is full."""
    listener = stack.enter_context(socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    for _ in range(4):
        waiting = stack.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(listener.getsockname())
    return listener.getsockname()


# What many answers take together

SAMPLES = np.full(50_000, 8000, "<i2").tobytes()
SOUND = wav.header(len(SAMPLES) // 2, 24_000) + SAMPLES


class Speaker(http.server.BaseHTTPRequestHandler):
    """Answers each request with the same sound, the first one last of all."""

    protocol_version = "HTTP/1.1"
    asked = 0
    lock = threading.Lock()

    def do_POST(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if document["input"] == "0":
            time.sleep(0.5)
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav")
        self.send_header("Content-Length", str(len(SOUND)))
        self.end_headers()
        self.wfile.write(SOUND)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def speaker() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Speaker) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # connections that end with a worker
def test_answers_at_once_share_their_bytes_and_all_of_them_come(
    speaker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, most = 0, 0
    lend, take_back = Budget.lend, Budget.take_back

    def counted_lend(self: Budget, share: Any, count: int, end: float) -> bool:
        nonlocal held, most
        lent = lend(self, share, count, end)
        held += count if lent else 0
        most = max(most, held)
        return lent

    def counted_take_back(self: Budget, count: int) -> None:
        nonlocal held
        held -= count
        take_back(self, count)

    monkeypatch.setattr(openai, "ANSWERS_BYTES", 3 * len(SOUND))
    monkeypatch.setattr(Budget, "lend", counted_lend)
    monkeypatch.setattr(Budget, "take_back", counted_take_back)
    engine = openai.Engine()
    engine.load(
        ModelRef("m", options=(("base_url", speaker), ("timeout", "20"), ("concurrency", "16")))
    )
    jobs = [Job(Request("openai", 1, "m", str(number), "en")) for number in range(32)]
    results = list(engine.synthesize(jobs, {}))
    engine.close()
    assert all(isinstance(result, Synthesis) for result in results), results
    assert held == 0
    assert 2 * len(SOUND) < most <= 4 * len(SOUND)


def test_an_answer_for_which_there_is_no_room_in_time_fails_in_words(
    speaker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = Budget(len(SOUND))
    oldest = budget.share()
    assert oldest.grow(2 * len(SOUND), 0.0), "the oldest never waits"
    with pytest.raises(ServerError, match="the answers before it fill"):
        Server(speaker, None, SECONDS).post("/audio/speech", {"input": "1"}, budget.share())


def test_no_answer_is_larger_than_a_frame(speaker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_server, "ANSWER_BYTES", len(SOUND) - 1)
    with pytest.raises(ServerError, match="the answer is longer than"):
        Server(speaker, None, SECONDS).post(
            "/audio/speech", {"input": "1"}, Budget(1 << 20).share()
        )
