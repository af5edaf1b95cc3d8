"""A model behind a server of its own, for as long as one command needs it.

    python -m recipes.self_training.asking MODEL distill run stories --model NAME …

starts ``transformers serve MODEL`` on a free port, runs ``symbol-llm distill run …`` against it, and ends it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recipes.steps import TOOL
from symbol_llm.errors import EngineMissing, UserError

_START_SECONDS = 300


@contextmanager
def served(model: Path, log: Path) -> Iterator[str]:
    """The address of a server for one model. Raises UserError with its log if it does not start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = Path(sys.executable).parent / "transformers"
    if not command.exists():
        raise EngineMissing("transformers serve", 'pip install "symbol-llm[serve]"')
    options = ("--device", "cpu", "--host", "127.0.0.1", "--port", str(port))
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with log.open("wb") as file:
        process = subprocess.Popen([command, "serve", str(model), *options], env=environment, stdout=file, stderr=file)
    try:
        _wait(process, port, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise UserError(f"transformers serve did not start; its log is {log}:\n{log.read_text(errors='replace')[-2_000:]}")


def main(argv: list[str]) -> int:
    """Serve ``argv[0]`` and run the rest as a symbol-llm command."""
    model, *command = argv
    with served(Path(model), Path(model).parent / "server.log") as url:
        return subprocess.run([TOOL, *command, "--free", "--base-url", url]).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
