"""The replay backend reads outputs that were made elsewhere: JSON lines with ``id`` and ``output``.

    {"id": "gsm8k_code-test-5f1c0e9a7b3d2c44", "output": "def solution():\\n    return 18"}

Other keys are ignored, so a result file of an earlier run can be replayed as it is; a folder means all its
``*.jsonl`` files. Of several outputs of an item, ``--samples K`` takes the first K (by the key ``sample`` where the
rows have it, else in order); without it, the first counts. An item without a line gets an empty output and
``Finish.MISSING``. Rows that are no rows, repeated ones and those of items that were not asked for are left out,
counted in ``report()``, and the first of them named with file and line.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from eval.backends.base import Backend, Finish, Generation, Request
from symbol_llm.errors import UserError

_NAMED = 10  # faulty rows that are named one by one


class RowFault(StrEnum):
    """Why a row of a replay file was left out."""

    NOT_JSON = "not_json"
    NO_ID = "no_id"
    NO_OUTPUT = "no_output"
    REPEATED = "repeated"  # the same output of the same item again
    CONFLICTING = "conflicting"  # another output of the item than the ones taken


class ReplayBackend(Backend):
    """Raises UserError for a path that cannot be read and for files in which no row is one."""

    name = "replay"

    def __init__(self, path: Path, samples: int = 1) -> None:
        self.path = path
        self.samples = samples
        files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        if not files:
            raise UserError(f"{path}: no *.jsonl file in this folder. Pass a file with one id and output per line")
        self.outputs: dict[str, dict[int, str]] = {}
        self.num_rows = 0
        self.faults: Counter[RowFault] = Counter()
        self.named: list[str] = []
        digest = hashlib.sha256()
        for file in files:
            try:
                data = file.read_bytes()
            except OSError as error:
                raise UserError(f"{file}: cannot be read ({error.strerror}). Check --replay") from error
            digest.update(data)
            self._read(file, data)
        if not self.outputs:
            raise UserError(
                f"{path}: none of its {self.num_rows} rows has an id and an output. "
                + (f"The first: {self.named[0]}" if self.named else "The file is empty")
            )
        self.sha256 = digest.hexdigest()

    def _read(self, file: Path, data: bytes) -> None:
        for number, line in enumerate(data.split(b"\n"), 1):
            if not line.strip():
                continue
            self.num_rows += 1
            fault, detail = self._take(line)
            if fault is not None:
                self.faults[fault] += 1
                if len(self.named) < _NAMED:
                    self.named.append(f"{file}, line {number}: {detail}")

    def _take(self, line: bytes) -> tuple[RowFault | None, str]:
        """Store one row, or say why not."""
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            return RowFault.NOT_JSON, f"not JSON ({error.msg})"
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            return RowFault.NO_ID, "no text under the key 'id'"
        if not isinstance(row.get("output"), str):
            return RowFault.NO_OUTPUT, f"no text under the key 'output' (item {row['id']})"
        taken = self.outputs.setdefault(row["id"], {})
        sample = row.get("sample")
        if not isinstance(sample, int) or isinstance(sample, bool) or sample < 0:
            sample = len(taken)
            if self.samples == 1 and taken:
                sample = 0
        if sample >= self.samples:
            return None, ""  # more samples than are asked for
        if sample in taken:
            is_same = taken[sample] == row["output"]
            fault = RowFault.REPEATED if is_same else RowFault.CONFLICTING
            return fault, f"item {row['id']} occurs again{'' if is_same else ' with another output'}"
        taken[sample] = row["output"]
        return None, ""

    @property
    def identity(self) -> dict[str, Any]:
        return {"backend": self.name, "replay_sha256": self.sha256, "samples": self.samples}

    def generate(self, requests: Sequence[Request]) -> Iterator[Generation]:
        for index, request in enumerate(requests):
            output = self.outputs.get(request.id, {}).get(request.sample)
            yield Generation(index, output or "", Finish.MISSING if output is None else Finish.STOP)

    def report(self, ids: Collection[str]) -> dict[str, Any]:
        asked = set(ids)
        return {
            "rows": self.num_rows,
            "items": len(self.outputs),
            "items_missing": len(asked - self.outputs.keys()),
            "items_not_asked_for": len(self.outputs.keys() - asked),
            "left_out": {fault.value: self.faults[fault] for fault in RowFault if self.faults[fault]},
            "named": self.named,
        }
