"""`symbol-llm export-model`: any complete checkpoint as a plain folder with the logits of the run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from symbol_llm.errors import UserError
from symbol_llm.training.config import load
from symbol_llm.training.consolidate import export_checkpoint, find_checkpoint
from symbol_llm.training.encoding import TaskCount
from symbol_llm.training.export import model_card
from symbol_llm.training.export_cli import app
from symbol_llm.training.run import main
from tests.training.small_run import SMALL, write_collection

LINE = [*SMALL, "--zero", "0", "--run.threads", "1", "--run.steps", "4", "--run.save_every", "2", "--run.keep", "9"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    data = write_collection(folder / "collection", 30)
    assert main("injection", ["--data", str(data), "--out", str(folder / "run"), *LINE]) == 0
    return folder / "run"


def test_the_newest_checkpoint_is_the_runs_own_model(trained: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    result = CliRunner().invoke(app, [str(trained), "--out", str(tmp_path / "model"), "--json"])
    assert result.exit_code == 0, result.output
    names = {path.name for path in (trained / "model").iterdir()}
    assert {path.name for path in (tmp_path / "model").iterdir()} == names
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    inputs = tokenizer("The command is: jump\n", return_tensors="pt")
    with torch.no_grad():
        one, two = (AutoModelForCausalLM.from_pretrained(f / "model")(**inputs).logits for f in (trained, tmp_path))
    assert torch.equal(one, two)
    assert (tmp_path / "model" / "README.md").read_text() == (trained / "model" / "README.md").read_text()


def test_an_older_step_in_half_precision_and_shards(trained: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    line = [str(trained), "--out", str(tmp_path), "--step", "2", "--dtype", "bfloat16", "--shard-size", "30KB"]
    result = CliRunner().invoke(app, line)
    assert result.exit_code == 0, result.output
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    model = AutoModelForCausalLM.from_pretrained(tmp_path)
    saved = load_file(trained / "checkpoints" / "checkpoint-2" / "model.safetensors")
    for name, tensor in model.state_dict().items():
        if name in saved:
            assert tensor.dtype == torch.bfloat16 and torch.equal(tensor, saved[name].bfloat16())


def test_what_cannot_be_exported(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no complete checkpoint here"):
        find_checkpoint(tmp_path)
    with pytest.raises(UserError, match=r"no complete checkpoint of step 3; there are 2, 4"):
        find_checkpoint(trained, "3")
    with pytest.raises(UserError, match=r"none is best. Train with --evaluation.every"):
        find_checkpoint(trained, "best")
    assert find_checkpoint(trained / "checkpoints" / "checkpoint-2").step == 2
    alone = tmp_path / "a" / "b" / "checkpoint-2"
    shutil.copytree(trained / "checkpoints" / "checkpoint-2", alone)
    with pytest.raises(UserError, match=r"config.yaml, data/data.json, tokenizer/tokenizer.json missing"):
        export_checkpoint(find_checkpoint(alone), tmp_path / "model")
    assert not (tmp_path / "model").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("")
    result = CliRunner().invoke(app, [str(trained), "--out", str(tmp_path / "other")])
    assert isinstance(result.exception, UserError) and "holds other files" in str(result.exception)


def test_the_card_says_which_stage_and_how_to_ask() -> None:
    given = [
        ("data.path", "rows"),
        ("run.out", "run"),
        ("run.steps", 5),
        ("batch.step_tokens", 4096),
        ("model.path", "M"),
    ]
    counts = {"scan": TaskCount(format="scan", kept=1_234, trained_tokens=5)}
    base = model_card(load(None, [*given, ("data.without", "evolved")], "injection"), counts, 5)
    assert "# Symbol-LLM Base" in base and "symbol-llm-base" in base and "| scan | scan | 1,234 | 5 |" in base
    assert "The raw prompt, ending with a line end" in base and "origin evolved were left out" in base
    instruct = model_card(load(None, [*given, ("data.prompt_format", "chat")], "infusion"), counts, 5)
    assert "# Symbol-LLM Instruct" in instruct and "apply_chat_template" in instruct
