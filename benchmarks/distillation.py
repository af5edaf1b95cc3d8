"""How near to a server's limit does distillation run, and what does its ledger cost?

.venv/bin/python benchmarks/distillation.py [--requests 1200] [--ledger-requests 100000] [--json]

rate      requests per second against a server on the loopback that answers in 200 ms and allows 6,000 a minute,
          64 in flight, beside the plain openai client in a loop of 64 tasks that knows no limit (its 429s are
          counted: each is a request that came to nothing)
ledger    claims and answers per second of one process, as ``run`` does them
resume    a run whose requests are all finished: seconds until it has seen that, and requests sent
memory    growth of the process from 10,000 to all requests of the ledger
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

# Before the folder of this script, whose collection.py would be taken for the package of that name.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from collection.distill.ledger import Finish, Ledger
from collection.distill.online import Sending, send
from collection.distill.prices import FREE, Price
from collection.distill.requests import Request
from collection.distill.tokens import make_counter

_ANSWER_SECONDS, _RPM, _IN_FLIGHT = 0.2, 6_000, 64
_ANSWER = json.dumps(
    {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "x" * 400}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 300, "completion_tokens": 100, "total_tokens": 400},
    }
).encode()


def serve(pipe: Connection) -> None:
    """A server with a limit: its allowance fills evenly, up to a second's worth; who finds it empty gets a 429."""
    allowance, last = _RPM / 60, time.monotonic()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            nonlocal allowance, last
            with lock:
                now = time.monotonic()
                allowance, last = min(_RPM / 60, allowance + (now - last) * _RPM / 60), now
                is_allowed = allowance >= 1
                allowance -= is_allowed
            if is_allowed:
                time.sleep(_ANSWER_SECONDS)
            self.send_response(200 if is_allowed else 429)
            body = _ANSWER if is_allowed else b'{"error": {"message": "slow down"}}'
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("x-ratelimit-limit-requests", str(_RPM))
            self.end_headers()
            self.wfile.write(body)

    class Server(ThreadingHTTPServer):
        request_queue_size = 512
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    pipe.send(server.server_port)
    server.serve_forever()


def requests(number: int, label: str) -> Iterator[Request]:
    """Requests of about a kilobyte."""
    for index in range(number):
        body = json.dumps(
            {"max_completion_tokens": 100, "messages": [{"role": "user", "content": f"{label} {index} " + "w " * 450}],
             "model": "m", "seed": 0}
        ).encode()  # fmt: skip
        yield Request(hashlib.sha256(body).hexdigest(), body)


def measure_rate(url: str, number: int, folder: Path) -> dict[str, Any]:
    """Ours, then the plain client."""
    with Ledger(folder / "rate.sqlite") as ledger:
        start = time.perf_counter()
        report = send(ledger, requests(number, "ours"), FREE, make_counter("m"), Sending(base_url=url, in_flight=64))
        ours = number / (time.perf_counter() - start)
        assert report.counts["answered, stop"] == number, report
    time.sleep(2)
    start = time.perf_counter()
    refused = asyncio.run(_plain_client(url, number))
    plain = number / (time.perf_counter() - start)
    return {
        "ceiling_per_second": _RPM / 60,
        "ours_per_second": round(ours, 1),
        "ours_of_ceiling": round(ours / (_RPM / 60), 3),
        "ours_refused": report.counts["errors, retry"],
        "plain_client_per_second": round(plain, 1),
        "plain_client_refused": refused,
    }


async def _plain_client(url: str, number: int) -> int:
    import openai

    slots, refused = asyncio.Semaphore(_IN_FLIGHT), 0
    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:

        async def one(request: Request) -> None:
            nonlocal refused
            async with slots:
                while True:
                    try:
                        await client.chat.completions.create(**json.loads(request.body))
                        return
                    except openai.RateLimitError:
                        refused += 1
                        await asyncio.sleep(0.5)

        await asyncio.gather(*(one(request) for request in requests(number, "plain")))
    return refused


def measure_ledger(number: int, folder: Path) -> dict[str, Any]:
    """Claim and finish all, then a run that finds everything finished. Nothing listens where it would send."""
    price, counter = Price(400_000, 1_600_000), make_counter("m")
    with Ledger(folder / "ledger.sqlite") as ledger:
        start = time.perf_counter()
        memory = 0
        for index, request in enumerate(requests(number, "ledger")):
            if index == 10_000:
                memory = _peak_bytes()
            ledger.claim(request, 400)
            ledger.finish(request.key, _ANSWER, Finish.STOP, (300, 100), price.cost(300, 100))
        seconds = time.perf_counter() - start
    with Ledger(folder / "ledger.sqlite") as ledger:
        start = time.perf_counter()
        sending = Sending(base_url="http://127.0.0.1:9/v1")
        report = send(ledger, requests(number, "ledger"), price, counter, sending)
        resumed = time.perf_counter() - start
    assert report.counts == {"finished before": number}, report
    return {
        "requests": number,
        "finished_per_second": round(number / seconds),
        "resume_seconds": round(resumed, 2),
        "resume_sent": 0,
        "memory_growth_mb": round((_peak_bytes() - memory) / 1e6, 1) if memory else None,
        "file_mb": round((folder / "ledger.sqlite").stat().st_size / 1e6, 1),
    }


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1_200)
    parser.add_argument("--ledger-requests", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("OPENAI_API_KEY", "none")
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{here.recv()}/v1"
    with tempfile.TemporaryDirectory() as name:
        ledger = measure_ledger(options.ledger_requests, Path(name))
        result = {"rate": measure_rate(url, options.requests, Path(name)), "ledger": ledger}
    server.kill()
    if options.json:
        print(json.dumps(result, indent=2))
        return
    for title, numbers in result.items():
        print(title)
        for key, value in numbers.items():
            print(f"  {key.replace('_', ' '):28} {value:>12,}" if value is not None else f"  {key} –")


if __name__ == "__main__":
    main()
