"""Tokenised rows in one flat file: what every process of a run maps into memory.

    prompt "The command is: jump\\n", completion "I_JUMP"
    tokens  <s> The  command  is :  jump \\n | I_JUMP </s>      prompt_length 7, trained: I_JUMP </s>

One process tokenises, all map the result. Nothing is dropped uncounted: `data.json` says per task how many rows
were kept, truncated, too long or empty.
"""

from __future__ import annotations

import copy
import hashlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from symbol_llm.errors import UserError
from symbol_llm.training.config import Data
from symbol_llm.training.prefixes import find_families
from symbol_llm.training.rows import Row, content_digest, find_files, read_rows

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedTokenizerBase

_BATCH = 2_000


@dataclass(slots=True)
class TaskCount:
    """What became of a task's rows: read = kept + too_long + empty; truncated rows are among the kept."""

    format: str = ""
    kept: int = 0
    truncated: int = 0
    too_long: int = 0  # nothing of the completion would fit, or the policy is to drop
    empty: int = 0  # no prompt or no completion
    tokens: int = 0
    trained_tokens: int = 0


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
    digest.update(_backend(tokenizer).to_str().encode())
    digest.update(repr((data.split, data.max_tokens, data.too_long, tokenizer.eos_token_id)).encode())
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
    # A row that spells a special token, such as "</s>", is text and must stay text.
    backend = copy.deepcopy(_backend(tokenizer))
    backend.encode_special_tokens = True
    with (folder / "tokens.bin").open("wb") as file:
        rows = read_rows(find_files(data.path), data.split)
        while batch := list(islice(rows, _BATCH)):
            for row, ids, prompt_length in _encode(tokenizer, backend, batch, data, counts):
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
    np.savez(
        folder / "rows.npz",
        offsets=np.asarray(offsets),
        prompt_lengths=np.asarray(prompts),
        tasks=np.asarray(tasks),
        families=families,
        trunks=trunks,
    )
    report = {
        "fingerprint": mark,
        "token_bytes": kind().itemsize,
        "task_names": names,
        "counts": {k: asdict(v) for k, v in sorted(counts.items())},
    }
    (folder / "data.json").write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def open_store(folder: Path) -> Store:
    """Map a store that ``build_store`` finished."""
    import numpy as np

    report = orjson.loads((folder / "data.json").read_bytes())
    kind = np.uint16 if report["token_bytes"] == 2 else np.uint32
    with np.load(folder / "rows.npz") as arrays:
        columns = dict(arrays)
    counts = {task: TaskCount(**count) for task, count in report["counts"].items()}
    tokens = np.memmap(folder / "tokens.bin", kind, "r")
    return Store(
        tokens=tokens, task_names=report["task_names"], counts=counts, fingerprint=report["fingerprint"], **columns
    )


def _encode(
    tokenizer: PreTrainedTokenizerBase, backend: Any, batch: Sequence[Row], data: Data, counts: dict[str, TaskCount]
) -> Iterator[tuple[Row, list[int], int]]:
    """Token ids and prompt lengths of the rows that are kept; the others are counted."""
    encodings = backend.encode_batch([row.prompt + row.completion for row in batch], add_special_tokens=False)
    bos = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
    for row, encoding in zip(batch, encodings, strict=True):
        count = counts.setdefault(row.task, TaskCount(format=row.format))
        if not row.completion.strip() or not row.prompt.strip():
            count.empty += 1
            continue
        split = encoding.char_to_token(len(row.prompt))
        if split is not None and encoding.token_to_chars(split)[0] == len(row.prompt):
            ids = [*bos, *encoding.ids, tokenizer.eos_token_id]
            prompt_length = len(bos) + split
        else:
            # A token reaches over the seam: encode the parts apart, as generation will see the prompt alone.
            prompt, completion = (backend.encode(text, add_special_tokens=False).ids for text in row[2:])
            ids = [*bos, *prompt, *completion, tokenizer.eos_token_id]
            prompt_length = len(bos) + len(prompt)
        if len(ids) > data.max_tokens:
            if data.too_long == "drop" or prompt_length >= data.max_tokens:
                count.too_long += 1
                continue
            ids = ids[: data.max_tokens]
            count.truncated += 1
        count.kept += 1
        count.tokens += len(ids)
        count.trained_tokens += len(ids) - prompt_length
        yield row, ids, prompt_length


def _backend(tokenizer: PreTrainedTokenizerBase) -> Any:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise UserError(
            f"{type(tokenizer).__name__} has no fast version: save the model with a tokenizer.json "
            "(AutoTokenizer.from_pretrained(…).save_pretrained(…))"
        )
    return backend


def _nothing_to_train(data: Data, counts: dict[str, TaskCount]) -> str:
    empty, too_long = sum(c.empty for c in counts.values()), sum(c.too_long for c in counts.values())
    where = ", ".join(data.path)
    if not empty + too_long:
        return f"{where}: no row of split {data.split!r}. Choose another with --data.split"
    return (
        f"{where}: nothing to train on in split {data.split!r}: {empty} rows are empty and {too_long} rows have no "
        f"completion within {data.max_tokens} tokens. Raise --data.max_tokens (and --batch.pack_tokens)"
    )
