"""An OpenAI-compatible server on the loopback that does what it is told, request after request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler", dict[str, Any], int], None]


class Handler(BaseHTTPRequestHandler):
    """One request. ``answer`` is the proper way; the others are what real servers do on bad days."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            number = len(self.server.bodies)
            self.server.bodies.append(body)
            self.server.keys.append(self.headers.get("Authorization", ""))
            self.server.paths.append(self.path)
        self.server.behaviour(self, body, number)

    def do_GET(self) -> None:
        self.send({"object": "list", "data": [{"id": name, "object": "model"} for name in self.server.models]})

    def answer(self, text: str | None, reason: str | None = "stop") -> None:
        part = {"index": 0, "finish_reason": reason, "logprobs": None}
        if self.path.endswith("/chat/completions"):
            part["message"] = {"role": "assistant", "content": text}
        else:
            part["text"] = text
        self.send({"id": "1", "object": "x", "created": 0, "model": "m", "choices": [part]})

    def send(self, document: Any, status: int = 200, **headers: str) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def fail(self, status: int, message: str = "no", **headers: str) -> None:
        self.send({"error": {"message": message, "type": "x", "code": None}}, status, **headers)

    def break_off(self) -> None:
        """Promise a long body and hang up within it."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "500")
        self.end_headers()
        self.wfile.write(b'{"id": "1", "choices": [{"te')
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, behaviour: Behaviour, models: tuple[str, ...] = ("tiny",)) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        self.models = models
        self.lock = threading.Lock()
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


def echo(handler: Handler, body: dict[str, Any], number: int) -> None:
    """A well-behaved model: the prompt in capitals."""
    prompt = body["prompt"] if "prompt" in body else body["messages"][0]["content"]
    handler.answer(prompt.upper())


@contextmanager
def serving(behaviour: Behaviour = echo, **options: Any) -> Iterator[Server]:
    server = Server(behaviour, **options)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
