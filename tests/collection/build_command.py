"""``symbol-llm collect build`` as a process of its own, to be killed, starved and run twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RAW = Path(__file__).parent / "fixtures" / "raw"
TASKS = ("scan", "folio", "general", "scan_generated", "letters")
LIMIT = 400
_MAIN = (
    "import sys; {before}; from symbol_llm.cli import main; sys.argv = ['symbol-llm', 'collect', *{words!r}]; main()"
)


def build_command(out: Path, *more: str, raw: Path = RAW, before: str = "pass") -> list[str]:
    """The command line; ``before`` is Python that runs first, say to set a limit."""
    words = ["build", "--raw", str(raw), "--out", str(out), "--tasks", ",".join(TASKS), "--limit", str(LIMIT), *more]
    return [sys.executable, "-c", _MAIN.format(before=before, words=words)]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
