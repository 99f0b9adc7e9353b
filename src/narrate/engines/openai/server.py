"""A speech server over HTTP: connections kept alive, tries spaced out, answers read to their
verified end.

Standard library only: workers run this file.
"""

from __future__ import annotations

import io
import ipaddress
import json
import random
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import SplitResult, urlsplit

from narrate.base.limits import ANSWER_BYTES, ANSWERS_BYTES
from narrate.base.text import printable
from narrate.engines.base import Unspeakable, Unusable
from narrate.engines.openai.budget import Share

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FAULTS = 4
"""How often a request may break down; being asked to wait does not count, but the time does."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between two tries: doubled each time, and shortened at random so that many do not come
back at once.
"""

CONNECT_SECONDS = 10.0
BLOCK = 1 << 16
WORDS = 300
"""Characters of a server's own message that are passed on."""


class ServerError(Exception):
    """The server did not manage it within the tries and the time that it has; another attempt may
    do.
    """


class _Again(Exception):
    """A fault that may pass; `wait` is how many seconds the server asks for, None if it does not
    ask.
    """

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `whole`: HTTP itself said how long the body is, and all of it came."""

    status: int
    headers: Message
    body: bytes
    whole: bool


class Server:
    """One server, used by many threads at once, each over a connection of its own."""

    def __init__(self, base_url: str, key: str | None, seconds: float, withheld: str = "") -> None:
        """`withheld` says what to do if the server wants a key that it was not sent."""
        self._url = parse(base_url)
        self._key = key
        self._withheld = withheld
        self._seconds = seconds
        self._threads = threading.local()
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "audio/wav",
            "User-Agent": "narrate",
        }
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    def reach(self) -> None:
        """Raises Unusable if nothing answers at the address."""
        try:
            connection = self._connection(time.monotonic() + min(CONNECT_SECONDS, self._seconds))
        except OSError as error:
            place = f"{self._url.scheme}://{self._url.netloc}"
            raise Unusable(
                f"nothing answers at {place} ({_reason(error)}); start it, or correct base_url"
            ) from error
        connection.close()

    def post(self, path: str, document: Mapping[str, Any], share: Share) -> Answer:
        """Send JSON and return what comes back with status 200; the `share` of all answers' bytes
        holds its own.

        Tries again what may pass, within the time of one request. Raises ServerError when it did
        not, Unspeakable for what the server will not take, and Unusable for a server or key that is
        the wrong one.
        """
        body = json.dumps(document).encode()
        end = time.monotonic() + self._seconds
        faults = tries = 0
        while True:
            tries += 1
            try:
                share.empty()
                return self._admit(self._exchange(path, body, end, share))
            except _Again as again:
                faults += again.wait is None
                pause = max(again.wait or 0.0, random.uniform(0.5, 1.0) * _backoff(tries))
                if faults == FAULTS or time.monotonic() + pause > end:
                    raise ServerError(
                        f"{again}, in {tries} tries" if tries > 1 else str(again)
                    ) from again
            time.sleep(pause)

    def _exchange(self, path: str, body: bytes, end: float, share: Share) -> Answer:
        """One request and its answer; after any failure the connection is not used again."""
        try:
            connection = self._connection(end)
            connection.request("POST", self._url.path.rstrip("/") + path, body, self._headers)
            with connection.getresponse() as response:
                return _read(response, end, share)
        except TimeoutError as error:
            self._disconnect()
            raise _Again(f"the server gave no whole answer within {self._seconds:.0f} s") from error
        except (OSError, HTTPException) as error:
            self._disconnect()
            raise _Again(f"the connection failed ({self._plain(_reason(error))})") from error
        except BaseException:
            self._disconnect()
            raise

    def _connection(self, end: float) -> Any:
        """This thread's HTTPConnection, open, and with nothing to be waited for after `end`. Raises
        OSError.
        """
        connection: Any = getattr(self._threads, "connection", None)
        if connection is None:
            kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
            connection = self._threads.connection = kind(self._url.hostname or "", self._url.port)
        if not connection.sock:
            # http.client gives each address of a host the whole time.
            connection._create_connection = partial(_dial, end)
            connection.connect()
            connection.sock = _Timed(connection.sock)
        connection.sock.end = end
        return connection

    def _disconnect(self) -> None:
        if (connection := getattr(self._threads, "connection", None)) is not None:
            connection.close()

    def _admit(self, answer: Answer) -> Answer:
        """Return an answer with status 200.

        Raises _Again for a fault that may pass, and Unusable or Unspeakable for any other.
        """
        status = answer.status
        if status == 200:
            return answer
        words = self._plain(_words(answer.body))
        said = f"the server answered {status}" + (f" ({words})" if words else "")
        if 300 <= status < 400:
            place = self._plain(answer.headers.get("Location", "elsewhere"))
            raise Unusable(
                f"the server redirects to {place}, and neither text nor key is sent there; "
                "correct base_url"
            )
        if status in (429, 503):
            wait = _wait(answer.headers.get("Retry-After"))
            raise _Again(said + f", and asks to wait {wait:.0f} s" * (wait > 0), wait)
        if status in (408, 425) or status >= 500 or status < 300:
            raise _Again(said)
        if status in (401, 402, 403):
            without = self._withheld or "set NARRATE_OPENAI_API_KEY"
            hint = "is the key in the environment right?" if self._key else without
            raise Unusable(f"{said}; {hint}")
        if status in (404, 405):
            raise Unusable(
                f"{said}; check that base_url ends as the server expects (/v1), "
                "and that it has the --model"
            )
        raise Unspeakable(said)

    def _plain(self, text: str) -> str:
        """Somebody else's words made fit to be shown: short, on one line, printable, without the
        key.
        """
        if self._key:
            text = text.replace(self._key, "[key]")
        text = " ".join(text.split())
        text = text if len(text) <= WORDS else f"{text[:WORDS]}…"
        return printable(text)


class _Timed:
    """A socket as http.client uses one, with nothing to be waited for after `end` (monotonic).

    The timeout of a socket starts again with every byte that comes, so that a server could take for
    ever.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.end = 0.0

    def in_time(self) -> socket.socket:
        """The socket, which waits for as long as there is. Raises TimeoutError."""
        self._sock.settimeout(_left(self.end))
        return self._sock

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self.in_time().send(view) :]

    def makefile(self, mode: Literal["rb"]) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self, self._sock.makefile(mode, 0)))

    def close(self) -> None:
        self._sock.close()


class _Incoming(io.RawIOBase):
    """What comes in over a `_Timed` socket."""

    def __init__(self, sock: _Timed, file: socket.SocketIO) -> None:
        self._sock, self._file = sock, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        self._sock.in_time()
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


def _dial(end: float, address: tuple[str, int], *_: object) -> socket.socket:
    """A connection to the first address of a host that accepts one before `end`. Raises OSError."""
    problem = OSError("the host has no address")
    for family, kind, protocol, _name, place in socket.getaddrinfo(
        *address, type=socket.SOCK_STREAM
    ):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(_left(end))
            sock.connect(place)
            # For what comes before it is wrapped: the handshake of TLS.
            sock.settimeout(_left(end))
            return sock
        except OSError as error:
            problem = error
            sock.close()
    raise problem


def _left(end: float) -> float:
    """The seconds until `end` (monotonic). Raises TimeoutError if there are none."""
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def parse(base_url: str) -> SplitResult:
    """Take an address apart. Raises Unusable for one that is not plain http or https."""
    try:
        url = urlsplit(base_url)
        sound = url.port != 0 and url.scheme in ("http", "https") and bool(url.hostname)
    except ValueError:
        sound = False
    if (
        not sound
        or not base_url.isascii()
        or not base_url.isprintable()
        or any(sign in base_url for sign in " @?#")
    ):
        raise Unusable(
            "base_url must be a plain http or https address such as http://127.0.0.1:8091/v1; "
            "a key goes into the environment as NARRATE_OPENAI_API_KEY"
        )
    return url


def is_here(url: SplitResult) -> bool:
    """Whether an address is this machine's own."""
    try:
        return url.hostname == "localhost" or ipaddress.ip_address(url.hostname or "").is_loopback
    except ValueError:
        return False


def _read(response: HTTPResponse, end: float, share: Share) -> Answer:
    """A whole answer. Raises _Again if its end is missing, TimeoutError if it comes too late."""
    length = response.length
    whole = length is not None or bool(response.chunked)
    body = bytearray()
    while length is None or len(body) < length:
        block = response.read1(BLOCK if length is None else min(BLOCK, length - len(body)))
        if not block:
            break
        body += block
        if len(body) > ANSWER_BYTES:
            raise ServerError(f"the answer is longer than {ANSWER_BYTES:,} bytes")
        if not share.grow(len(block), end):
            raise ServerError(
                f"the answers before it fill the {ANSWERS_BYTES:,} bytes that are kept for them all"
            )
    if length is not None and len(body) < length:
        raise _Again(f"the answer is cut short: {len(body)} of {length} bytes came")
    return Answer(response.status, response.headers, bytes(body), whole)


def _backoff(tries: int) -> float:
    return min(FIRST_PAUSE * 2.0 ** (tries - 1), LONGEST_PAUSE)


def _wait(written: str | None) -> float:
    """The seconds in a Retry-After, which is a number or a date; 0 if it holds neither."""
    if written is None:
        return 0.0
    try:
        return max(0.0, float(written))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(written).timestamp() - time.time())
    except ValueError:
        return 0.0


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _words(body: bytes) -> str:
    """The server's own message, wherever its kind of server puts it."""
    text = body[: 4 * BLOCK].decode(errors="replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    for name in ("error", "detail", "message", "msg"):
        while isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, dict) and name in found:
            found = found[name]
    return found if isinstance(found, str) else json.dumps(found)
