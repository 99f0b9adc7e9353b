"""A stand-in for the hub on this machine: the few endpoints that snapshot_download asks, over real
HTTP.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Hub:
    """Models by id and revision; `asked` holds requests, `tokens` what was shown, `cut` files that
    break off.

    Files are at `elsewhere`, if that is set, as a hub keeps large ones with somebody who must not
    see a token.
    """

    def __init__(self) -> None:
        self.commits: dict[tuple[str, str], str] = {}
        self.files: dict[str, dict[str, bytes]] = {}
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        self.cut: set[str] = set()
        self.url = self.elsewhere = ""

    def publish(self, model: str, files: dict[str, bytes], revision: str = "main") -> str:
        """Make files the newest commit of a revision."""
        commit = hashlib.sha1(repr((model, sorted(files.items()))).encode()).hexdigest()
        self.commits[model, revision] = self.commits[model, commit] = commit
        self.files[commit] = files
        return commit

    def reply(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer."""
        parts = path.strip("/").split("/")
        if parts[0] == "api" and (parts[1] != "models" or len(parts) < 6):
            return 404, {}, b""
        if parts[0] == "api":
            commit = self.commits.get(("/".join(parts[2:4]), parts[5]))
            if commit is None:
                return (
                    404,
                    {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"},
                    b"",
                )
            listed = (
                self.tree(commit) if parts[4] == "tree" else self.info("/".join(parts[2:4]), commit)
            )
            return 200, {"Content-Type": "application/json"}, json.dumps(listed).encode()
        model, revision, name = "/".join(parts[:2]), parts[3], "/".join(parts[4:])
        commit = self.commits[model, revision]
        body = self.files[commit][name]
        headers = {"ETag": f'"{hashlib.sha1(body).hexdigest()}"', "X-Repo-Commit": commit}
        if self.elsewhere:
            linked = {"X-Linked-Size": str(len(body)), "X-Linked-ETag": headers["ETag"]}
            return 302, headers | linked | {"Location": self.elsewhere + path}, b""
        return 200, headers | {"Content-Type": "application/octet-stream"}, body

    def tree(self, commit: str) -> list[dict[str, Any]]:
        return [
            {"type": "file", "path": name, "size": len(body), "oid": hashlib.sha1(body).hexdigest()}
            for name, body in self.files[commit].items()
        ]

    def info(self, model: str, commit: str) -> dict[str, Any]:
        siblings = [
            {"rfilename": name, "size": len(body)} for name, body in self.files[commit].items()
        ]
        return {
            "id": model,
            "modelId": model,
            "sha": commit,
            "siblings": siblings,
            "private": False,
        }


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub that answers at its `url`."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            hub.asked.append(f"{self.command} {path}")
            status, headers, body = hub.reply(path)
            if status == 200:
                hub.tokens.add(self.headers.get("Authorization"))
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "HEAD":
                return
            if path.rpartition("/")[2] in hub.cut:
                self.wfile.write(body[: len(body) // 2])
                self.close_connection = True
                return
            self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
