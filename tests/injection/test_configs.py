"""Every shipped configuration runs: two steps of each, with a tiny model in place of its own, otherwise as it is."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from symbol_llm.training.run import main
from tests.training.small_run import REPOSITORY, start, write_collection

SHIPPED = {"llama2-7b", "llama2-13b", "llama2-7b-one-gpu", "llama3-8b", "qwen2.5-1.5b", "tiny-cpu"}
# Reinforcement and chat models have tests of their own: tests/training/test_grpo_configs.py.
FILES = [
    file
    for stage in ("injection", "infusion")
    for file in sorted((REPOSITORY / stage / "configs").glob("*.yaml"))
    if not file.stem.startswith("procedures-") and not file.stem.endswith("-grpo")
]
# The sizes of the model and of the run; precision, schedule, mixture and batch rule stay the configuration's.
TINY = [
    *("--model.hidden_size", "32", "--model.layers", "2", "--model.heads", "2", "--model.kv_heads", "2"),
    *("--model.intermediate_size", "64", "--model.max_positions", "4096", "--tokenizer.vocab_size", "330"),
    *("--run.epochs", "null", "--run.steps", "2", "--run.log_every", "1", "--run.tensorboard", "false"),
    *("--run.threads", "1"),
]


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_collection(tmp_path_factory.mktemp("collection"), 100)


@pytest.fixture(scope="module")
def base(collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What infusion starts from."""
    out = tmp_path_factory.mktemp("base")
    line = ["--data", str(collection), "--out", str(out), "--zero", "0", "--batch.step_tokens", "512", *TINY]
    assert main("injection", line) == 0
    return out / "model"


def test_all_are_here() -> None:
    for stage in ("injection", "infusion"):
        assert {file.stem for file in FILES if file.parent.parent.name == stage} == SHIPPED


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.parent.name}-{file.stem}")
def test_two_steps(file: Path, collection: Path, base: Path, tmp_path: Path) -> None:
    stage = file.parent.parent.name
    model = ["--model.path", str(base) if stage == "infusion" else "null"]
    # The mixture's counts are of the whole collection; here, the same proportion of what there is.
    mixture = ["--data.mixture.counts.symbolic", "92", "--data.mixture.counts.general", "108"]
    line = ["--config", str(file), "--data", str(collection), "--out", str(tmp_path), "--zero", "0", *TINY, *model]
    if stage == "infusion" and file.stem != "tiny-cpu":
        line += mixture
    assert main(stage, line) == 0
    summary = orjson.loads((tmp_path / "summary.json").read_bytes())
    assert summary["steps"] == 2 and summary["final_loss"] > 0
    role = {"injection": "Base", "infusion": "Instruct"}[stage]
    assert f"# Symbol-LLM {role}" in (tmp_path / "model" / "README.md").read_text()


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_two_steps_with_the_configurations_own_deepspeed_settings(name: str, collection: Path, tmp_path: Path) -> None:
    """ZeRO-3, offload and bf16 for real, two processes (one for the one-GPU settings)."""
    processes = 1 if name in {"llama2-7b-one-gpu", "qwen2.5-1.5b"} else 2
    file = REPOSITORY / "injection" / "configs" / f"{name}.yaml"
    line = ["--config", str(file), "--data", str(collection), "--out", str(tmp_path), *TINY, "--model.path", "null"]
    process = start("injection", *line, processes=processes)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    assert (tmp_path / "model" / "model.safetensors").exists()
