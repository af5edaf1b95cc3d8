"""The prompts of a run by reinforcement, and which of them each batch takes.

    {"prompt": "to open the shop : step 1 . …", "answer": "{\\"low\\": 780, \\"high\\": 780}", …}

Rows need a prompt (or question) and an answer; a gold completion only serves the proof that the reward works. Batch
after batch takes the next prompts of an order that depends on the data, the mixture and the seed alone, so a run that
goes on sees what it would have seen. Nothing is dropped uncounted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from symbol_llm.errors import UserError
from symbol_llm.ledger import write_json
from symbol_llm.training import mixing
from symbol_llm.training.config import Config
from symbol_llm.training.data import fingerprint
from symbol_llm.training.encoding import PromptEncoder, TaskCount
from symbol_llm.training.rewards import COLUMNS
from symbol_llm.training.rows import find_files, prompt_of, read_columns

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Prompts:
    """Rows with task, prompt, completion ("" if there is none) and the columns of a reward, as text."""

    rows: list[dict[str, str]]
    counts: dict[str, TaskCount]
    fingerprint: str

    def order(self, config: Config, num_batches: int) -> list[int]:
        """Row numbers, ``grpo.prompts`` for each batch. Epochs follow each other without a seam."""
        import numpy as np

        groups = self._groups(config)
        size, needed = sum(group.target for group in groups), num_batches * config.grpo.prompts
        epochs = []
        for epoch in range(-(-needed // size)):
            rows = mixing.epoch_rows(groups, config.run.seed, epoch)
            epochs.append(np.random.default_rng([config.run.seed, epoch]).permutation(rows))
        numbers: list[int] = np.concatenate(epochs)[:needed].tolist()
        return numbers

    def num_batches(self, config: Config) -> int:
        """How many batches ``run.steps`` or ``run.epochs`` are. Raises UserError if an epoch is less than one."""
        if config.run.steps is not None:
            return config.run.steps // config.grpo.updates
        assert config.run.epochs is not None
        size = sum(group.target for group in self._groups(config))
        if size < config.grpo.prompts:
            raise UserError(
                f"an epoch has {size} prompts, a batch grpo.prompts = {config.grpo.prompts}: lower it, or set run.steps"
            )
        return config.run.epochs * size // config.grpo.prompts

    def describe(self) -> list[str]:
        """Lines for people."""
        lines = [f"{len(self.rows):,} prompts of {len(self.counts)} tasks"]
        for task, count in sorted(self.counts.items()):
            lost = {"too long": count.too_long, "without prompt or answer": count.empty, "special": count.special}
            if any(lost.values()):
                lines.append(f"  {task}: " + ", ".join(f"{number:,} {what}" for what, number in lost.items() if number))
        return lines

    def _groups(self, config: Config) -> list[mixing.Group]:
        import numpy as np

        names = sorted(self.counts)
        tasks = np.asarray([names.index(row["task"]) for row in self.rows])
        formats = {task: count.format for task, count in self.counts.items()}
        return mixing.make_groups(config.data.mixture, tasks, names, formats)


def read_prompts(config: Config, tokenizer: PreTrainedTokenizerBase, room: int | None) -> Prompts:
    """The prompts of ``data.path``; ``room``: tokens that the model has for prompt and completion together.

    Raises UserError if no row can be used, with the counts that say why.
    """
    data = config.data
    longest = data.max_tokens if room is None else min(data.max_tokens, room - config.grpo.max_new_tokens)
    if longest < 1:
        raise UserError(
            f"grpo.max_new_tokens = {config.grpo.max_new_tokens} leaves no room for a prompt: the model has {room} "
            "positions. Lower it"
        )
    special = set(tokenizer.all_special_tokens) if data.prompt_format == "chat" else set()
    encode = PromptEncoder(tokenizer, data.prompt_format)
    rows, counts = [], dict[str, TaskCount]()
    for _, row in read_columns(find_files(data.path), data.split, data.without, ("question", *COLUMNS)):
        count = counts.setdefault(row["task"], TaskCount(format=row["format"]))
        prompt = prompt_of(row)
        if prompt is None or row.get("answer") is None:
            count.empty += 1
        elif any(token in prompt for token in special):
            count.special += 1
        elif (length := len(encode(prompt))) > longest:
            count.too_long += 1
        else:
            count.kept += 1
            count.tokens += length
            texts = {name: _text(row.get(name)) for name in COLUMNS}
            rows.append({"task": row["task"], "prompt": prompt, "completion": row.get("completion") or "", **texts})
    if not rows:
        raise UserError(_nothing(config, counts, longest))
    return Prompts(rows, counts, fingerprint(data, tokenizer))


def write_counts(prompts: Prompts, folder: Path) -> None:
    """Say in ``folder``/data.json what became of the rows, for an export from a checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    report = {
        "fingerprint": prompts.fingerprint,
        "counts": {task: asdict(count) for task, count in sorted(prompts.counts.items())},
    }
    write_json(folder / "data.json", report)


def to_dataset(prompts: Prompts, order: Sequence[int]) -> Any:
    """A ``datasets.Dataset`` of the rows in that order, without gold completions."""
    import datasets

    columns = ("task", "prompt", *COLUMNS)
    whole = datasets.Dataset.from_dict({name: [row[name] for row in prompts.rows] for name in columns})
    return whole.select(order)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()


def _nothing(config: Config, counts: dict[str, TaskCount], longest: int) -> str:
    data, where = config.data, ", ".join(config.data.path)
    empty, too_long = sum(c.empty for c in counts.values()), sum(c.too_long for c in counts.values())
    if special := sum(c.special for c in counts.values()):
        return f"{where}: {special} prompts spell a special token. Train with --data.prompt_format raw"
    if not empty + too_long:
        return f"{where}: no row of split {data.split!r}. Choose another with --data.split"
    return (
        f"{where}: no prompt to learn from in split {data.split!r}: {empty} rows lack a prompt or an answer, "
        f"{too_long} prompts have more than {longest} tokens"
    )
