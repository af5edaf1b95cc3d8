"""The paper's configurations run: two steps of each with a tiny chat model, on rows as its files have them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import orjson
import pytest

from collection.procedures.convert import Form, write
from collection.procedures.splits import Split, plans_of
from symbol_llm.training.run import main
from tests.eval.tiny_model import save_tiny_model
from tests.training.small_run import REPOSITORY

TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
FEW = [
    *("--grpo.prompts", "2", "--grpo.generations", "2", "--grpo.updates", "1", "--grpo.max_new_tokens", "6"),
    *("--run.save_every", "2"),
]
SHORT = ["--run.steps", "2", "--run.log_every", "1", "--run.tensorboard", "false", "--run.threads", "1", "--zero", "0"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 8,300 positions whose tokenizer has a chat template."""
    from transformers import AutoTokenizer

    folder = save_tiny_model(tmp_path_factory.mktemp("model"), room=8_300)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """asked.jsonl with question and answer, shown.jsonl with prompt and completion."""
    folder, rng = tmp_path_factory.mktemp("rows"), Random(0)
    written = [write(plan, Form.GRAPH, rng) for plan in plans_of(Split.TRAIN, 6)]
    asked = [{"question": each.question, "answer": each.answer} for each in written]
    shown = [{"prompt": each.question, "completion": "so <answer>1 min</answer>"} for each in written]
    for name, lines in (("asked", asked), ("shown", shown)):
        (folder / f"{name}.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return folder


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        ("injection", "procedures-qwen2.5-1.5b-grpo"),
        pytest.param("injection", "procedures-qwen2.5-3b-grpo", marks=pytest.mark.full),
        pytest.param("infusion", "procedures-qwen2.5-7b-grpo", marks=pytest.mark.full),
        ("infusion", "procedures-qwen2.5-sft"),
        pytest.param("injection", "procedures-qwen2.5-sft", marks=pytest.mark.full),
    ],
)
def test_two_steps(stage: str, name: str, model: Path, rows: Path, tmp_path: Path) -> None:
    is_rewarded = name.endswith("-grpo")
    file = REPOSITORY / stage / "configs" / f"{name}.yaml"
    line = ["--config", str(file), "--model", str(model), "--out", str(tmp_path), *SHORT]
    line += ["--data", str(rows / ("asked.jsonl" if is_rewarded else "shown.jsonl"))]
    line += FEW if is_rewarded else ["--run.epochs", "null", "--batch.step_rows", "3"]
    assert main(stage, line) == 0
    summary = orjson.loads((tmp_path / "summary.json").read_bytes())
    assert summary["steps"] == 2
    if is_rewarded:
        assert summary["reward"] == "procedures" and summary["last_report"]["reward"] == 0.0, "random words"
        assert summary["rows_per_task"] == {"asked": 6}
    assert "chat template of the model" in (tmp_path / "model" / "README.md").read_text()
