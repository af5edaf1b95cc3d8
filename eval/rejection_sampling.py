"""Rejection sampling: a model answers training prompts several times, a verifier says which answers are right.

    rows of OUT ──prompt──▶ model, 4 samples ──▶ reward ──▶ RUN/rejection/gsm8k_code.jsonl ──▶ RUN/kept.jsonl

    {"id": …, "task": "gsm8k_code", "split": "train", "origin": "distilled", "prompt": "…", "completion": "…", …}

What is kept is one right sample per prompt, drawn by the seed (STaR, Zelikman et al. 2022, arXiv 2203.14465); training
takes the file as it is. Rewards are those of training by reinforcement. Runs go on where they were, as every
evaluation does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson

from eval.backends.base import Backend, Generation, Request
from eval.runner import Sampled, Work, run_work, sample
from eval.store import ItemFile, content_hash, json_bytes, open_run, scoring_version, write_json
from symbol_llm.errors import UserError
from symbol_llm.ledger import exclusive, make_folder, replacing
from symbol_llm.record import content_id
from symbol_llm.training.grpo_settings import Grpo
from symbol_llm.training.rewards import COLUMNS, Reward, make_reward
from symbol_llm.training.rows import content_digest, find_files, prompt_of, read_columns

KIND = "rejection"


class Prompt(NamedTuple):
    """A row that is asked: its id, and its columns as the file has them."""

    id: str
    row: dict[str, Any]


class RewardedWork(Work):
    """One task: each output is judged by the reward, in a thread."""

    def __init__(self, name: str, prompts: Sequence[Sampled], reward: Reward, pool: ThreadPoolExecutor) -> None:
        self.name = name
        self.rows = [sampled.item.row for sampled in prompts]
        self.requests = [
            Request(sampled.id, row["prompt"], row.get("completion") or "")
            for sampled, row in zip(prompts, self.rows, strict=True)
        ]
        self.reward, self.pool = reward, pool

    def submit(self, generation: Generation) -> Future[dict[str, Any]]:
        return self.pool.submit(self._judge, self.rows[generation.position], generation.text)

    def is_final(self, row: Mapping[str, Any]) -> bool:
        return row["reward"] is not None

    def _judge(self, row: dict[str, Any], text: str) -> dict[str, Any]:
        columns = {name: [row.get(name)] for name in COLUMNS}
        (reward,) = self.reward([row["prompt"]], [text], **columns)
        return {
            "reward": reward,
            "answer": row.get("answer"),
            "format": row["format"],
            "split": row.get("split") or "train",
        }


def ask(
    data: Sequence[str],
    grpo: Grpo,
    backend: Backend,
    out: Path,
    *,
    split: str = "train",
    limit: int | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Sample answers to the prompts of ``data`` and judge them; the counts per task, also in RUN/rejection.

    ``grpo`` names the reward (``reward``, ``judged_by``, ``workers``). Raises UserError for data without prompts and
    answers, an unknown reward, or a folder of another run: all before anything is generated.
    """
    folder = make_folder(out / KIND)
    files = find_files(data)
    with ExitStack() as stack:
        stack.enter_context(exclusive(folder))
        tasks = _tasks(files, split)
        reward = make_reward(grpo)
        if hasattr(reward, "close"):
            stack.callback(reward.close)
        config = {
            "kind": KIND,
            "version": scoring_version(),
            **backend.identity,
            "data": content_digest(files),
            "split": split,
            "reward": grpo.reward,
            "judged_by": grpo.judged_by,
            "limit": limit,
            "seed": seed,
        }
        open_run(folder, config)
        stack.callback(backend.close)
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=grpo.workers))
        parts = {}
        for name, prompts in tasks.items():
            done = run_work(RewardedWork(name, sample(prompts, limit, seed, name), reward, pool), backend, folder)
            parts[name] = {**_counts(done.rows), "unanswered": done.num_unanswered}
    document = {"run": config, "tasks": parts}
    write_json(folder / "summary.json", document)
    return document


def keep(folder: Path, out: Path, *, seed: int = 0) -> dict[str, dict[str, int]]:
    """Write one right sample per prompt of a run's folder to ``out``; the counts per task.

    Raises UserError if there is no such run, or nothing right in it.
    """
    place = folder / KIND if (folder / KIND).is_dir() else folder
    stored = sorted(path for path in place.glob("*.jsonl"))
    if not (place / "run.json").is_file() or not stored:
        raise UserError(
            f"{folder}: no stored samples here. Make them with: symbol-llm eval rejection ask --out {folder}"
        )
    if orjson.loads((place / "run.json").read_bytes())["kind"] != KIND:
        raise UserError(
            f"{folder}: these are answers to test items. A model that learns from them can no longer be tested on "
            "them: ask training prompts instead, with symbol-llm eval rejection ask"
        )
    counts = {}
    make_folder(out.parent)
    with replacing(out) as part, part.open("wb") as file:
        for path in stored:
            with ItemFile(path) as results:
                rows = list(results.rows.values())
            for row in kept_of(path.stem, rows, seed):
                file.write(json_bytes(row) + b"\n")
            counts[path.stem] = _counts(rows)
        if not any(count["kept"] for count in counts.values()):
            raise UserError(f"{folder}: no sample is right, so there is nothing to keep. Ask for more: --samples")
    return counts


def kept_of(task: str, rows: Sequence[Mapping[str, Any]], seed: int) -> Iterator[dict[str, Any]]:
    """One right sample of each prompt, as a row for training; which one depends on the seed and the prompt alone."""
    for samples in _by_prompt(rows):
        right = [row for row in samples if is_right(row)]
        if not right:
            continue
        chosen = Random(f"{seed}/{task}/{samples[0]['id']}").choice(right)
        yield {
            "id": content_id(task, chosen["split"], chosen["prompt"], chosen["output"]),
            "task": task,
            "format": chosen["format"],
            "origin": "distilled",
            "split": chosen["split"],
            "prompt": chosen["prompt"],
            "completion": chosen["output"],
            "answer": chosen["answer"],
            "parent": chosen["id"],
        }


def is_right(row: Mapping[str, Any]) -> bool:
    """Whether a sample is worth learning: right, and ended by the model itself."""
    return row["reward"] == 1.0 and row["finish"] == "stop" and bool(row["output"].strip())


def _by_prompt(rows: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    prompts: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        prompts.setdefault(row["id"], []).append(row)
    return list(prompts.values())


def _counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    prompts = _by_prompt(rows)
    return {
        "prompts": len(prompts),
        "samples": len(rows),
        "right": sum(row["reward"] == 1.0 for row in rows),
        "cut": sum(row["finish"] == "length" for row in rows),
        "not judged": sum(row["reward"] is None for row in rows),
        "kept": sum(any(map(is_right, samples)) for samples in prompts),
    }


def _tasks(files: Sequence[Path], split: str) -> dict[str, list[Prompt]]:
    """The rows that can be asked and judged, by task; a prompt that comes again is asked once."""
    tasks: dict[str, dict[str, Prompt]] = {}
    for place, row in read_columns(files, split, (), ("id", "question", *COLUMNS)):
        prompt = prompt_of(row)
        if prompt is None:
            raise UserError(f"{place}: prompt must be text; found {sorted(row)}")
        if row.get("answer") is not None:
            key = content_hash(prompt)
            asked = Prompt(str(row.get("id") or key), {**row, "prompt": prompt})
            tasks.setdefault(row["task"], {}).setdefault(key, asked)
    if not tasks:
        raise UserError(f"no row of split {split!r} has an answer to compare with: a reward needs the column answer")
    return {name: list(prompts.values()) for name, prompts in tasks.items()}
