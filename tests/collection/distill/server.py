"""A server that speaks the chat, files and batches protocol, keeps accounts, and misbehaves on order.

    with Server(faults={0: "500", 3: "drop"}) as server:
        client = OpenAI(base_url=server.url)
        …
    server.paid["the request's Idempotency-Key"]     how often it was paid for

Requests get the ordered faults by their number; -1 is for all that are not listed. An answer is paid for when it
is worked out, whether or not it arrives. For a key that was paid for the same answer is given for free.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Writer = Callable[[dict[str, Any]], str]


def add_up(body: dict[str, Any]) -> str:
    """A model that writes the right program for the generated stories of two numbers, and a wrong one otherwise."""
    import re

    question = body["messages"][-1]["content"]
    numbers = re.findall(r"\d+", question)
    sign = "-" if "loses" in question or "gives" in question else "+"
    return "```python\ndef solution():\n    return " + f" {sign} ".join(numbers) + "\n```"


class Server:
    """``write`` makes the answers. A batch looks unfinished for the first ``batch_looks`` looks at it."""

    def __init__(
        self,
        write: Writer = add_up,
        *,
        faults: Mapping[int, str] | None = None,
        key: str | None = None,
        delay: float = 0.0,
        headers: Mapping[str, str] | None = None,
        usage: Any = "true",
        batch_faults: tuple[str, ...] = (),
        batch_looks: int = 0,
        forgets_keys: bool = False,
    ) -> None:
        self.write, self.faults, self.key, self.delay = write, dict(faults or {}), key, delay
        self.headers, self.usage, self.batch_faults = dict(headers or {}), usage, list(batch_faults)
        self.batch_looks, self.forgets_keys = batch_looks, forgets_keys
        self.lock = threading.Lock()
        self.num_requests = 0
        self.paid: Counter[str] = Counter()
        self.answers: dict[str, bytes] = {}
        self.bodies: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.most_at_once = self._at_once = 0
        self._http = _HTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def complete(self, body: dict[str, Any], key: str) -> bytes:
        """An answer, paid for once per key."""
        with self.lock:
            if key in self.answers and not self.forgets_keys:
                return self.answers[key]
            self.paid[key] += 1
            self.bodies.append(body)
        text = self.write(body)
        finish = {"<length>": "length", "<filter>": "content_filter"}.get(text, "stop")
        message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
        if text == "<refusal>":
            message = {"role": "assistant", "content": None, "refusal": "I can't help with that."}
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        data = json.dumps(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 0,
                "model": body["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": finish}],
                "usage": usage if self.usage == "true" else self.usage,
            }
        ).encode()
        with self.lock:
            self.answers[key] = data
        return data

    # Batches

    def create_batch(self, body: dict[str, Any]) -> dict[str, Any]:
        """A batch is worked off at once; how it ends is the next of ``batch_faults``."""
        fault = self.batch_faults.pop(0) if self.batch_faults else ""
        name = f"batch_{len(self.batches)}"
        lines = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
        output, errors, status = [], [], "completed"
        if fault == "expired":
            status = "expired"
            lines, unanswered = lines[: len(lines) // 2], lines[len(lines) // 2 :]
            errors = [
                {
                    "custom_id": line["custom_id"],
                    "response": None,
                    "error": {"code": "batch_expired", "message": "late"},
                }
                for line in unanswered
            ]
        if fault == "missing":
            lines = lines[1:]
        if fault == "failed":
            lines, status = [], "failed"
        for line in lines:
            data = json.loads(self.complete(line["body"], line["custom_id"]))
            output.append(
                {"custom_id": line["custom_id"], "response": {"status_code": 200, "body": data}, "error": None}
            )
        if fault == "disorder":
            output = [
                *reversed(output),
                output[0],
                {"custom_id": "a stranger", **output[0]} | {"custom_id": "stranger"},
            ]
        text = "\n".join(json.dumps(each) for each in output)
        if fault == "garbage":
            text = "not json\n" + text + "\n{}"
        batch = {
            "id": name,
            "object": "batch",
            "endpoint": body["endpoint"],
            "completion_window": "24h",
            "created_at": 0,
            "input_file_id": body["input_file_id"],
            "metadata": body.get("metadata"),
            "status": status,
            "output_file_id": self._keep(text) if output else None,
            "error_file_id": self._keep("\n".join(map(json.dumps, errors))) if errors else None,
        }
        self.batches[name] = batch
        return batch

    def _keep(self, text: str) -> str:
        name = f"file-{len(self.files)}"
        self.files[name] = text.encode()
        return name


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # with the usual five, some of many clients at once are turned away


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            path = self.path.partition("?")[0].removeprefix("/v1")
            if path == "/batches":
                data = [*reversed(server.batches.values())]
                self._json({"object": "list", "data": data, "has_more": False, "first_id": None, "last_id": None})
            elif path.startswith("/batches/"):
                batch = server.batches[path.removeprefix("/batches/")]
                server.batch_looks -= 1
                self._json(batch if server.batch_looks < 0 else {**batch, "status": "in_progress"})
            elif path.startswith("/files/") and path.endswith("/content"):
                self._bytes(200, server.files[path.removeprefix("/files/").removesuffix("/content")], {})
            else:
                self._json({"error": {"message": "not found"}}, 404)

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if server.key and self.headers["Authorization"] != f"Bearer {server.key}":
                given = self.headers["Authorization"]
                self._json(
                    {"error": {"message": f"Incorrect API key provided: {given}", "code": "invalid_api_key"}}, 401
                )
                return
            path = self.path.removeprefix("/v1")
            if path == "/files":
                self._json({"id": server._keep(_file_part(self.headers, data)), "object": "file", "bytes": len(data),
                            "created_at": 0, "filename": "x", "purpose": "batch", "status": "processed"})  # fmt: skip
            elif path == "/batches":
                self._json(server.create_batch(json.loads(data)))
            elif path == "/chat/completions":
                self._complete(json.loads(data))
            else:
                self._json({"error": {"message": "not found"}}, 404)

        def _complete(self, body: dict[str, Any]) -> None:
            with server.lock:
                fault = server.faults.get(server.num_requests, server.faults.get(-1, ""))
                server.num_requests += 1
                server._at_once += 1
                server.most_at_once = max(server.most_at_once, server._at_once)
            try:
                if server.delay:
                    time.sleep(server.delay)
                self._answer(body, fault)
            finally:
                with server.lock:
                    server._at_once -= 1

        def _answer(self, body: dict[str, Any], fault: str) -> None:
            kind, _, detail = fault.partition(" ")
            if kind.isdigit():
                code = "insufficient_quota" if detail == "quota" else None
                headers = {"Retry-After": detail} if detail and code is None else {}
                self._json({"error": {"message": f"ordered: {fault}", "code": code}}, int(kind), headers)
                return
            data = server.complete(body, self.headers["Idempotency-Key"] or json.dumps(body, sort_keys=True))
            if kind == "drop":
                self.close_connection = True
                self.connection.close()
            elif kind == "truncate":
                self._bytes(200, data[: len(data) // 2], server.headers)
            elif kind == "short":  # fewer bytes than announced
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: len(data) // 2])
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()
            elif kind == "slow":
                time.sleep(float(detail))
                self._bytes(200, data, server.headers)
            else:
                self._bytes(200, data, server.headers)

        def _json(self, document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
            self._bytes(status, json.dumps(document).encode(), headers or {})

        def _bytes(self, status: int, data: bytes, headers: Mapping[str, str]) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):  # the client has gone
                self.close_connection = True

    return Handler


def _file_part(headers: Message, data: bytes) -> str:
    """The file of a multipart form."""
    boundary = headers["Content-Type"].partition("boundary=")[2].strip('"').encode()
    for part in data.split(b"--" + boundary):
        head, _, content = part.partition(b"\r\n\r\n")
        if b"filename=" in head:
            return content.removesuffix(b"\r\n").decode()
    raise ValueError("the form has no file")
