"""Rows of any JSON under the upstream's file names: each is an example or a rejection, and none is lost."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from collection.sources import get
from collection.sources.base import Example, Rejected

_NAMES = """
    instruction input output context response question system_prompt inputs targets task_name id idx conversations from
    value prompt replies role text message_id message_tree_id parent_id rank tree_state deleted synthetic
    Instruction NL FOL options answer facts rules statements labels p q fact conj type 0 1
"""
FIELDS = _NAMES.split()
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2.5, "", " ", "x", "human", "gpt", "prompter", "assistant", "Ann is big.", "A", "A) True",
    "ready_for_export", "a\x00b", "\u202e", "∀x (P(x))", "[1]", [], {},
)  # fmt: skip
FILES = {
    "alpaca": "alpaca_data.json",
    "codealpaca": "code_alpaca_20k.json",
    "dolly": "databricks-dolly-15k.jsonl",
    "openorca": "1M-GPT4-Augmented.jsonl",
    "flan": "flan2021_submix_original/train.jsonl",
    "evol_instruct": "WizardLM_evol_instruct_V2_143k.json",
    "sharegpt": "ShareGPT_V3_unfiltered_cleaned_split.json",
    "oasst": "2023-04-12_oasst_ready.trees.jsonl",
    "malls": "MALLS-v0.1-train.json",
    "proofwriter": "data/ProofWriter/train.json",
}


def strange(rng: Random, depth: int) -> Any:
    kind = rng.random()
    if depth == 0 or kind < 0.4:
        return rng.choice(VALUES)
    if kind < 0.6:
        return [strange(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {rng.choice(FIELDS): strange(rng, depth - 1) for _ in range(rng.randrange(6))}


def near(rng: Random, row: Any) -> Any:
    """A row of a fixture with some of its values replaced."""
    if rng.random() < 0.1:
        return strange(rng, 2)
    if isinstance(row, dict):
        return {key: near(rng, value) for key, value in row.items()}
    return [near(rng, value) for value in row] if isinstance(row, list) else row


def upstream_rows(path: Path) -> list[Any]:
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8"))
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line.endswith("}")]


def check(task: str, folder: Path) -> int:
    source = get(task)
    count = 0
    for row in source.read(folder):
        item = row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)
        assert isinstance(item, Example | Rejected)
        if isinstance(item, Example):
            assert item.input.strip() and item.completion.strip()
            orjson.dumps([row.data, item.input, item.completion, item.context.definitions, item.answer, item.group])
        count += 1
    return count


@pytest.mark.parametrize("task", FILES)
def test_rows_of_any_shape(task: str, tmp_path: Path, raw: Path) -> None:
    rng = Random(task)
    good = upstream_rows(raw / get(task).upstream.dataset / FILES[task])
    rows = [strange(rng, 4) for _ in range(300)] + [near(rng, rng.choice(good)) for _ in range(300)]
    path = tmp_path / FILES[task]
    path.parent.mkdir(parents=True, exist_ok=True)
    as_lines = "\n".join(json.dumps(row) for row in rows)
    path.write_text(json.dumps(rows) if path.suffix == ".json" else as_lines)
    # A tree is as many rows as it has ways; flat messages join in one.
    assert check(task, tmp_path) >= (1 if task == "oasst" else len(rows))


def test_stories_of_any_shape(tmp_path: Path, raw: Path) -> None:
    rng = Random(7)
    parts = [
        json.loads((raw / f"logicnli/LogicNLI_sim/train_{part}.json").read_text()) for part in ("language", "logic")
    ]
    for _ in range(200):
        for part, data in zip(("language", "logic"), parts):
            stories = near(rng, data)
            (tmp_path / f"train_{part}.json").write_text(json.dumps(stories if isinstance(stories, dict) else {}))
        check("logicnli", tmp_path)


def test_lines_of_any_bytes(tmp_path: Path) -> None:
    rng = Random(3)
    (tmp_path / "aqua_train.tsv").write_bytes(b"\n".join(rng.randbytes(rng.randrange(40)) for _ in range(500)))
    assert check("cot", tmp_path) >= 500
