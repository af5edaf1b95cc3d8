"""Tokenised rows in flat files: what every process of a run maps into memory.

    prompt "The command is: jump\\n", completion "I_JUMP"
    tokens  <s> The  command  is :  jump \\n | I_JUMP </s>      prompt_length 7, trained: I_JUMP </s>

One process tokenises, all map the result. Nothing is dropped uncounted: `data.json` says per task how many rows
were kept, truncated, too long or empty.
"""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from symbol_llm.errors import UserError
from symbol_llm.ledger import write_json
from symbol_llm.training.config import Data
from symbol_llm.training.encoding import Encoder, TaskCount, backend_of
from symbol_llm.training.prefixes import find_families
from symbol_llm.training.rows import content_digest, find_files, read_rows

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedTokenizerBase

_BATCH = 2_000
COLUMNS = ("offsets", "prompt_lengths", "tasks", "families", "trunks")  # a file each, so that they can be mapped


@dataclass(slots=True)
class Store:
    """The rows of a run. Row ``i`` is ``tokens[offsets[i] : offsets[i + 1]]``.

    The first ``prompt_lengths[i]`` tokens of a row are read, the others are trained. ``tasks[i]`` indexes
    ``task_names``. Rows of one ``families[i]`` (-1: none) share their first ``trunks[i]`` tokens.
    """

    tokens: np.ndarray
    offsets: np.ndarray
    prompt_lengths: np.ndarray
    tasks: np.ndarray
    families: np.ndarray
    trunks: np.ndarray
    task_names: list[str]
    counts: dict[str, TaskCount] = field(default_factory=dict)
    fingerprint: str = ""

    def __len__(self) -> int:
        return len(self.prompt_lengths)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each row."""
        import numpy as np

        lengths: np.ndarray = np.diff(self.offsets)
        return lengths

    def row(self, index: int) -> np.ndarray:
        """The tokens of one row."""
        row: np.ndarray = self.tokens[self.offsets[index] : self.offsets[index + 1]]
        return row


def fingerprint(data: Data, tokenizer: PreTrainedTokenizerBase) -> str:
    """A hash of the files' content, the tokenizer and the settings that decide what the store holds."""
    digest = hashlib.sha256(content_digest(find_files(data.path)).encode())
    digest.update(backend_of(tokenizer).to_str().encode())
    settings = (data.split, data.max_tokens, data.too_long, data.without, data.prompt_format, tokenizer.eos_token_id)
    template = tokenizer.chat_template if data.prompt_format == "chat" else None
    digest.update(repr((COLUMNS, *settings, template)).encode())
    return digest.hexdigest()


def build_store(data: Data, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Tokenise all rows into ``folder``; a store of the same fingerprint is kept as it is.

    Raises UserError if no row can be trained on, with the counts that say why.
    """
    import numpy as np

    mark = fingerprint(data, tokenizer)
    if (folder / "data.json").is_file() and orjson.loads((folder / "data.json").read_bytes())["fingerprint"] == mark:
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data.json").unlink(missing_ok=True)
    counts: dict[str, TaskCount] = {}
    names: list[str] = []
    offsets, prompts, tasks = array("q", [0]), array("i"), array("i")
    kind = np.uint16 if len(tokenizer) <= 1 << 16 else np.uint32
    encode = Encoder(tokenizer, data, counts)
    with (folder / "tokens.bin").open("wb") as file:
        rows = read_rows(find_files(data.path), data.split, data.without)
        while batch := list(islice(rows, _BATCH)):
            for row, ids, prompt_length in encode(batch):
                if row.task not in names:
                    names.append(row.task)
                file.write(np.asarray(ids, kind).tobytes())
                offsets.append(offsets[-1] + len(ids))
                prompts.append(prompt_length)
                tasks.append(names.index(row.task))
    if not prompts:
        raise UserError(_nothing_to_train(data, counts))
    tokens = np.memmap(folder / "tokens.bin", kind, "r")
    families, trunks = find_families(tokens, np.asarray(offsets), np.asarray(prompts))
    for name, column in zip(COLUMNS, (offsets, prompts, tasks, families, trunks), strict=True):
        np.save(folder / f"{name}.npy", np.asarray(column))
    report = {
        "fingerprint": mark,
        "token_bytes": kind().itemsize,
        "task_names": names,
        "counts": {k: asdict(v) for k, v in sorted(counts.items())},
    }
    write_json(folder / "data.json", report)


def open_store(folder: Path) -> Store:
    """Map a store that ``build_store`` finished."""
    import numpy as np

    report = orjson.loads((folder / "data.json").read_bytes())
    kind = np.uint16 if report["token_bytes"] == 2 else np.uint32
    columns = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in COLUMNS}
    counts = {task: TaskCount(**count) for task, count in report["counts"].items()}
    tokens = np.memmap(folder / "tokens.bin", kind, "r")
    return Store(
        tokens=tokens, task_names=report["task_names"], counts=counts, fingerprint=report["fingerprint"], **columns
    )


def _nothing_to_train(data: Data, counts: dict[str, TaskCount]) -> str:
    empty, too_long = sum(c.empty for c in counts.values()), sum(c.too_long for c in counts.values())
    where = ", ".join(data.path)
    if special := sum(c.special for c in counts.values()):
        return f"{where}: all {special} rows spell a special token. Train with --data.prompt_format raw"
    if not empty + too_long:
        left = f" outside {', '.join(data.without)}" if data.without else ""
        return f"{where}: no row of split {data.split!r}{left}. Choose another with --data.split"
    return (
        f"{where}: nothing to train on in split {data.split!r}: {empty} rows are empty and {too_long} rows have no "
        f"completion within {data.max_tokens} tokens. Raise --data.max_tokens (and --batch.pack_tokens)"
    )
