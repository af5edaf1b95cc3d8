"""What a run leaves on disk, item by item, so that a killed run goes on where it was.

    RUN/delegate/run.json               what was run: backend, model, tasks, limit, seed, version
    RUN/delegate/outputs/gsm8k.jsonl    what the model wrote: the part that costs money
    RUN/delegate/gsm8k.jsonl            what became of it: prompt, output, symbol, outcome, answer, message …
    RUN/delegate/worlds/tables.jsonl    what items are about, see eval/worlds.py
    RUN/delegate/summary.json           the numbers

Lines are only ever appended; the last line of an id and sample counts. A half-written last line is dropped and its
item redone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

import symbol_llm
from symbol_llm.errors import UserError
from symbol_llm.ledger import code_version, write_bytes


class ItemFile:
    """JSON lines keyed by ``id`` and ``sample``, appended as results come.

    Raises UserError for a damaged line or a full disk.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[tuple[str, int], dict[str, Any]] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b")
        except OSError as error:
            raise cannot_write(path, error) from error
        self._load()

    def _load(self) -> None:
        self._file.seek(0)
        data = self._file.read()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            self._file.truncate(len(whole))
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                row = orjson.loads(line)
                self.rows[row["id"], row.get("sample", 0)] = row
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise UserError(
                    f"{self.path}, line {number}: not a stored item ({error}). "
                    "Delete this line; its item will be done again"
                ) from error

    def append(self, row: dict[str, Any]) -> None:
        """Store one item; it survives the end of this process."""
        try:
            self._file.write(json_bytes(row) + b"\n")
            self._file.flush()
        except OSError as error:
            raise cannot_write(self.path, error) from error
        self.rows[row["id"], row.get("sample", 0)] = row

    def clear(self) -> None:
        """Forget all items."""
        self._file.truncate(0)
        self.rows.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def scoring_version() -> str:
    """The program's version and a digest of the code that prompts, solves and scores."""
    return f"{symbol_llm.__version__}+{code_version('symbol_llm', 'collection', 'eval')}"


def open_run(folder: Path, config: Mapping[str, Any], *, is_rescoring: bool = False) -> None:
    """Begin a run in ``folder``, or check that the one begun there is the same; raises UserError if it is not.

    Rescoring may be done by another version of the program, and a run may go on with more samples per item: those that
    are stored stand, since a sample is a function of seed, item and number. Everything else must agree.
    """
    path = folder / "run.json"
    if path.exists():
        try:
            before = orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            raise UserError(f"{path}: not readable ({error}). Choose another --out") from error
        now = orjson.loads(json_bytes(config))
        differing = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        if is_rescoring:
            differing = [key for key in differing if key != "version"]
        if before.get("samples", 1) < now.get("samples", 1):
            differing = [key for key in differing if key != "samples"]
        if differing:
            said = "; ".join(f"{key}: {before.get(key)!r} then, {now.get(key)!r} now" for key in differing)
            hint = "add --rescore, or choose" if differing == ["version"] else "choose"
            raise UserError(
                f"{folder}: a run with other settings was begun here ({said}). "
                f"Repeat its settings to go on with it, {hint} another --out, or delete the folder"
            )
    write_json(path, config)


def write_json(path: Path, document: Any) -> None:
    """Write a JSON file; it appears whole or not at all. Raises UserError if that is impossible."""
    try:
        write_bytes(path, json_bytes(document, orjson.OPT_INDENT_2) + b"\n")
    except OSError as error:
        raise cannot_write(path, error) from error


def json_bytes(value: Any, option: int = 0) -> bytes:
    """JSON in UTF-8; what UTF-8 cannot hold (lone surrogates in an answer, say) becomes U+FFFD."""
    try:
        return orjson.dumps(value, option=option)
    except orjson.JSONEncodeError:
        return orjson.dumps(_encodable(value), option=option)


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {_encodable(key): _encodable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(entry) for entry in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)  # beyond what JSON readers hold exactly
    return value


def content_hash(text: str) -> str:
    """A short hash to tell whether a stored item still belongs to this text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def cannot_write(path: Path, error: OSError) -> UserError:
    """The error for an output place that cannot be written to."""
    return UserError(
        f"{path}: cannot be written ({error.strerror}). Choose another folder with --out, or free the disk. "
        "Finished items are kept"
    )
