"""A real HTTP server on the loopback that serves bytes, with Range, and misbehaves where a test asks for it.

with serving({"/a.bin": Served(b"...", cuts=[10])}) as server:
    server.url("/a.bin")     # http://127.0.0.1:40311/a.bin; its first answer breaks off after 10 bytes
    server.asked             # [Asked("GET", "/a.bin", {"Range": "bytes=10-", …}), …]
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


@dataclass
class Served:
    """A file, and how it is served. ``cuts``: after how many bytes each of the first answers breaks off."""

    body: bytes = b""
    etag: str = '"v1"'
    modified: str = ""
    status: int = 200
    busy: int = 0  # how many answers are 503 first
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    shift: int = 0  # a partial answer begins this much later than asked
    length: int | None = None  # another Content-Length than the truth
    chunked: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    silent: float = 0.0  # seconds before anything is sent
    drip: float = 0.0  # seconds between single bytes


class Asked(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Server:
    port: int
    files: dict[str, Served]
    asked: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def ranges(self, path: str) -> list[str]:
        """The Range of every GET for a path, empty for none."""
        return [asked.headers.get("range", "") for asked in self.asked if asked[:2] == ("GET", path)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Server

    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        asked = {name.lower(): value for name, value in self.headers.items()}
        self.state.asked.append(Asked(self.command, self.path, asked))
        file = self.state.files.get(self.path)
        if file is None:
            self.send_error(404)
            return
        if file.silent:
            self.state.closing.wait(file.silent)
        if file.busy:
            file.busy -= 1
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._send(file, asked)

    def _send(self, file: Served, asked: Mapping[str, str]) -> None:
        status, start, body = file.status, 0, file.body
        match = re.fullmatch(r"bytes=(\d+)-", asked.get("range", ""))
        fresh = asked.get("if-range", file.etag or file.modified) in (file.etag, file.modified)
        if status == 200 and file.ranges and match and fresh:
            start = int(match[1]) + file.shift
            if start >= len(body):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(body)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status = 206
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        for name, value in {"ETag": file.etag, "Last-Modified": file.modified, **file.headers}.items():
            if value:
                self.send_header(name, value)
        if file.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(body) - start if file.length is None else file.length))
        self.end_headers()
        if self.command == "HEAD":
            return
        sent = body[start:]
        is_cut = bool(file.cuts)
        if is_cut:
            sent = sent[: file.cuts.pop(0)]
        try:
            self._write(file, sent, is_cut)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _write(self, file: Served, sent: bytes, is_cut: bool) -> None:
        if file.chunked:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(sent), sent) if sent else b"")
            self.wfile.write(b"" if is_cut else b"0\r\n\r\n")
        elif file.drip:
            for i in range(len(sent)):
                self.wfile.write(sent[i : i + 1])
                if self.state.closing.wait(file.drip):
                    return
        else:
            self.wfile.write(sent)
        if is_cut:
            self.wfile.flush()
            self.close_connection = True


@contextmanager
def serving(files: dict[str, Served]) -> Iterator[Server]:
    """Serve files on a free port until the block ends."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    state = Server(http.server_address[1], files)
    http.RequestHandlerClass = type("Handler", (_Handler,), {"state": state})
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.closing.set()
        http.shutdown()
        http.server_close()
        thread.join()


def wait_for(condition, what: str, seconds: float = 60.0) -> None:
    """Wait until a condition holds; a failure after a time that no healthy machine needs."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)
