"""Why a network could not be used, whatever the library wraps it in."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import pytest

from narrate.base import network


class ConnectTimeout(Exception):
    """As the libraries behind the hub's client call theirs."""


def wrapped(error: Exception, depth: int = 3) -> Exception:
    """An error as a library raises it: inside others, one by cause and the next by context."""
    for level in range(depth):
        try:
            try:
                raise error
            except Exception as inner:
                if level % 2:
                    raise RuntimeError("Max retries exceeded") from inner
                raise RuntimeError("Max retries exceeded")  # noqa: B904
        except RuntimeError as outer:
            error = outer
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its name cannot be resolved"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "connection refused"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "network is unreachable"),
        (TimeoutError("timed out"), "no answer in time"),
        (ConnectTimeout(), "no answer in time"),
        (ssl.SSLCertVerificationError(1, "failed"), "no secure connection: SSL error"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), ""),
        (ValueError("other"), ""),
    ],
)
def test_the_error_of_the_system_is_found(error: Exception, words: str) -> None:
    assert network.unreachable(wrapped(error)) == words


def test_errors_that_go_in_a_circle_end() -> None:
    first, second = RuntimeError(), RuntimeError()
    first.__cause__, second.__cause__ = second, first
    assert network.unreachable(first) == ""


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [("", "huggingface.co"), ("http://me:secret@hub.example:8080/x", "hub.example:8080")],
)
def test_the_host_is_that_of_the_endpoint(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, host: str
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    assert network.hub_host() == host
