"""The replay backend reads outputs that were made elsewhere: JSON lines with ``id`` and ``output``.

    {"id": "gsm8k_code-test-5f1c0e9a7b3d2c44", "output": "def solution():\\n    return 18"}

Other keys are ignored, so a result file of an earlier run can be replayed as it is; a folder means all its
``*.jsonl`` files. An item without a line gets an empty output and ``Finish.MISSING``: it is counted, never dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from eval.backends.base import Backend, Finish, Generation, Request
from symbol_llm.errors import UserError


class ReplayBackend(Backend):
    """Raises UserError, with file and line, for the first row that is not one."""

    name = "replay"

    def __init__(self, path: Path) -> None:
        self.path = path
        files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        if not files:
            raise UserError(f"{path}: no *.jsonl file in this folder. Pass a file with one id and output per line")
        self.outputs: dict[str, str] = {}
        digest = hashlib.sha256()
        for file in files:
            try:
                data = file.read_bytes()
            except OSError as error:
                raise UserError(f"{file}: cannot be read ({error.strerror}). Check --replay") from error
            digest.update(data)
            self._read(file, data)
        self.sha256 = digest.hexdigest()

    def _read(self, file: Path, data: bytes) -> None:
        for number, line in enumerate(data.split(b"\n"), 1):
            if not line.strip():
                continue
            where = f"{file}, line {number}"
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise UserError(f"{where}: not JSON ({error.msg}). One object per line is expected") from error
            if not isinstance(row, dict) or not isinstance(row.get("id"), str):
                raise UserError(f"{where}: no text under the key 'id'. Every row needs the keys id and output")
            if not isinstance(row.get("output"), str):
                raise UserError(f"{where}: no text under the key 'output' (item {row['id']})")
            if self.outputs.setdefault(row["id"], row["output"]) != row["output"]:
                raise UserError(f"{where}: item {row['id']} occurs again with another output. Keep one of them")

    @property
    def identity(self) -> dict[str, Any]:
        return {"backend": self.name, "replay_sha256": self.sha256}

    def generate(self, requests: Sequence[Request]) -> Iterator[Generation]:
        for index, request in enumerate(requests):
            output = self.outputs.get(request.id)
            yield Generation(index, output or "", Finish.MISSING if output is None else Finish.STOP)
