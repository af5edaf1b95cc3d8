"""Real runs with the real launcher, two processes each: every ZeRO stage, a kill in the middle, both stages."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import orjson
import pytest
import torch
from safetensors.torch import load_file

from symbol_llm.training.checkpoints import MARKER
from tests.training.small_run import SMALL, run, start, write_collection

STEPS = ["--run.steps", "8", "--run.save_every", "2"]


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_collection(tmp_path_factory.mktemp("collection"))


@pytest.fixture(scope="module")
def straight(collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An uninterrupted ZeRO-2 run."""
    out = tmp_path_factory.mktemp("straight")
    code, output = run("injection", "--data", str(collection), "--out", str(out), *SMALL, *STEPS)
    assert code == 0, output
    assert "packed rows give the logits that they give alone" in output
    return out


def weights(run_folder: Path) -> dict[str, torch.Tensor]:
    return load_file(run_folder / "model" / "model.safetensors")


def reports(run_folder: Path) -> list[dict]:
    return [orjson.loads(line) for line in (run_folder / "metrics.jsonl").read_bytes().splitlines()]


def timeless(report: dict) -> dict:
    return {key: value for key, value in report.items() if not key.endswith("per_second")}


def wait_for(path: Path, process) -> None:
    while not path.exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)


def test_a_run_leaves_a_plain_model_and_its_numbers(straight: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(straight / "model")
    tokenizer = AutoTokenizer.from_pretrained(straight / "model")
    assert model.config._attn_implementation == "sdpa", "generation uses transformers' own attention"
    assert model.generation_config.eos_token_id == tokenizer.eos_token_id
    output = model.generate(**tokenizer("The command is: jump\n", return_tensors="pt"), max_new_tokens=4)
    assert output.shape[1] > 4
    assert sorted(path.name for path in (straight / "model").iterdir()) == [
        "README.md", "chat_template.jinja", "config.json", "generation_config.json", "model.safetensors",
        "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    assert "Symbol-LLM Base" in (straight / "model" / "README.md").read_text()
    losses = [report["loss"] for report in reports(straight)]
    assert len(losses) == 8 and losses[-1] < losses[0] - 0.5
    summary = orjson.loads((straight / "summary.json").read_bytes())
    assert (
        summary["steps"] == 8
        and summary["world_size"] == 2
        and summary["rows_per_task"] == {"scan": 120, "general": 120}
    )
    assert (straight / "config.yaml").exists() and (straight / "deepspeed.json").exists()
    kept = sorted(path.name for path in (straight / "checkpoints").iterdir())
    assert kept == ["checkpoint-6", "checkpoint-8"]


def test_killed_and_started_again_ends_bit_identical(straight: Path, collection: Path, tmp_path: Path) -> None:
    command = ["--data", str(collection), "--out", str(tmp_path), *SMALL, *STEPS]
    process = start("injection", *command)
    wait_for(tmp_path / "checkpoints" / "checkpoint-2" / MARKER, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "model").exists(), "the kill came before the end"
    # A save that was cut off must not count, however high its number.
    (tmp_path / "checkpoints" / "checkpoint-7").mkdir()
    (tmp_path / "checkpoints" / "checkpoint-7" / "trainer_state.json").write_text("{")
    code, output = run("injection", *command)
    assert code == 0, output
    assert "removed incomplete checkpoints:" in output and "checkpoint-7" in output and "going on from" in output
    one, two = weights(straight), weights(tmp_path)
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert [timeless(report) for report in reports(tmp_path)] == [timeless(report) for report in reports(straight)]


def test_another_number_of_processes_goes_on(straight: Path, collection: Path, tmp_path: Path) -> None:
    """From step 6 on in one process, which takes both packs of a step in turn."""
    for part in ("checkpoints/checkpoint-6", "tokenizer", "data"):
        shutil.copytree(straight / part, tmp_path / part)
    line = ["--data", str(collection), "--out", str(tmp_path), *SMALL, *STEPS]
    code, output = run("injection", *line, processes=1)
    assert code == 0, output
    assert "checkpoint-6 at step 6" in output
    one, two = weights(straight), weights(tmp_path)
    assert all((one[name] - two[name]).abs().max() < 1e-4 for name in one)
    assert [r["loss"] for r in reports(tmp_path)] == pytest.approx([r["loss"] for r in reports(straight)][6:], abs=1e-4)


def test_sigterm_saves_and_stops(collection: Path, tmp_path: Path) -> None:
    command = ["--data", str(collection), "--out", str(tmp_path), *SMALL, "--run.steps", "100000"]
    process = start("injection", *command, "--run.save_every", "100000")
    wait_for(tmp_path / "metrics.jsonl", process)
    process.stdout.readline()  # type: ignore[union-attr]
    while len(reports(tmp_path)) < 2:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGTERM)
    output, _ = process.communicate()
    assert process.returncode != 0 and "checkpoint saved. The same command goes on" in output
    (checkpoint,) = (tmp_path / "checkpoints").iterdir()
    assert (checkpoint / MARKER).exists() and not (tmp_path / "model").exists()
    assert orjson.loads((tmp_path / "stopped.json").read_bytes())["of"] == 100_000


@pytest.mark.parametrize("stage", [1, 3])
def test_other_zero_stages_learn_the_same(stage: int, straight: Path, collection: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    line = ["--data", str(collection), "--out", str(tmp_path), *SMALL, *STEPS, "--zero", str(stage)]
    code, output = run("injection", *line)
    assert code == 0, output
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    reference = AutoModelForCausalLM.from_pretrained(straight / "model")
    for (name, a), b in zip(model.named_parameters(), reference.parameters(), strict=True):
        assert (a - b).abs().max() < 1e-3, name
    assert [r["loss"] for r in reports(tmp_path)] == pytest.approx([r["loss"] for r in reports(straight)], abs=1e-4)


def test_infusion_goes_on_from_injection(straight: Path, collection: Path, tmp_path: Path) -> None:
    shares = ["--data.mixture.counts.symbolic", "60", "--data.mixture.counts.general", "90"]
    line = ["--model", str(straight / "model"), "--data", str(collection), "--out", str(tmp_path), *SMALL, *shares]
    code, output = run("infusion", *line, "--run.epochs", "1", "--zero", "3")
    assert code == 0, output
    assert "mixture per epoch: general 90, symbolic 60" in output
    summary = orjson.loads((tmp_path / "summary.json").read_bytes())
    assert summary["rows_per_task"] == {"general": 90, "scan": 60} and summary["steps"] == summary["steps_per_epoch"]
    assert sum(report["rows"] for report in reports(tmp_path)) == 150
    assert reports(tmp_path)[0]["loss"] < reports(straight)[0]["loss"] - 0.5, "it starts from what injection learnt"
    assert "Symbol-LLM Instruct" in (tmp_path / "model" / "README.md").read_text()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_sharded_checkpoint_exports_to_the_same_model(straight: Path, dtype: str, tmp_path: Path) -> None:
    """``symbol-llm export-model`` on a ZeRO-2 checkpoint of two processes: the logits of RUN/model, exactly."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from symbol_llm.training.consolidate import export_checkpoint, find_checkpoint

    export_checkpoint(find_checkpoint(straight), tmp_path, dtype)
    inputs = AutoTokenizer.from_pretrained(tmp_path)("The command is: jump\n", return_tensors="pt")
    with torch.no_grad():
        found = AutoModelForCausalLM.from_pretrained(tmp_path)(**inputs).logits
        wanted = AutoModelForCausalLM.from_pretrained(straight / "model", dtype=getattr(torch, dtype))(**inputs).logits
    assert torch.equal(found, wanted)


def test_an_error_is_said_once_without_traceback(tmp_path: Path) -> None:
    code, output = run("injection", "--data", str(tmp_path / "none"), "--out", str(tmp_path / "run"), *SMALL, *STEPS)
    assert code == 2
    assert output.count("error: ") == 1 and "no such data folder or file" in output and "Traceback" not in output
